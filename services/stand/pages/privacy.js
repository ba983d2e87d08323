// The notice of the cameras: keeps it up to date, and tells the stand while people can see it.

const TELL_MS = 10_000; // a third of the time for which ingest takes it as shown
const ANSWER_MS = 8_000; // as for reports

export class Privacy {
  constructor(standId, playerId, element) {
    this.standId = standId;
    this.playerId = playerId;
    this.element = element;
    this.inCharge = false;
    this.told = null; // what the stand was told last: the words, or null
    setInterval(() => this.tell(), TELL_MS);
  }

  // Takes the state of the stand; `words` is what the notice says of recognition and reactions by now.
  hear({ responsible, privacy }, inCharge, words) {
    this.inCharge = inCharge;
    this.words = JSON.stringify(words);
    const who = this.element.querySelector('.who');
    who.hidden = !responsible;
    who.querySelector('bdi').textContent = responsible;
    this.lead(privacy);
    if (this.told !== (this.visible ? this.words : null)) this.tell();
  }

  // Shows the code of an address; without one there is none.
  lead(address) {
    if (address === this.address) return;
    this.address = address;
    this.element.querySelector('figure').hidden = !address;
    if (!address) return;
    const code = this.element.querySelector('img');
    // The address names the picture, so that another one is fetched when it changes.
    code.src = `/stands/${this.standId}/privacy.svg?of=${encodeURIComponent(address)}`;
  }

  get visible() {
    const { element } = this;
    if (!this.inCharge || document.hidden || !document.querySelector('#notice').hidden) return false;
    if (!element.checkVisibility({ opacityProperty: true })) return false;
    if (!element.querySelector('.what').textContent) return false; // no words yet
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return left >= 0 && top >= 0 && right <= innerWidth + 1 && bottom <= innerHeight + 1 && bottom > top;
  }

  async tell() {
    this.told = this.visible ? this.words : null;
    if (!this.told) return;
    try {
      const answer = await fetch(`/stands/${this.standId}/notices`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ player_id: this.playerId, ...JSON.parse(this.told) }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (!answer.ok) console.warn(`the stand did not take that the notice is shown: status ${answer.status}`);
    } catch (error) {
      console.warn(`the stand was not told that the notice is shown: ${error.message}`);
    }
  }
}
