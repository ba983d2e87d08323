// What the page says, in the languages of its stand, one after the other.

const TURN_MS = 8_000; // chosen, not measured: twice the time that the longest line takes to read
const RIGHT_TO_LEFT = ['ar'];

export class Words {
  constructor() {
    this.codes = '';
    this.catalogues = [];
    this.turn = 0;
    this.held = false; // somebody reads, or has chosen
    setInterval(() => { if (!this.held) this.choose(this.turn + 1); }, TURN_MS);
  }

  // Takes the languages of the stand; without them the page goes on with those of before.
  async use(codes) {
    if (codes.join() === this.codes) return;
    this.codes = codes.join();
    try {
      const catalogues = await Promise.all(codes.map(load));
      if (codes.join() !== this.codes) return;
      this.catalogues = catalogues;
      this.choose(0);
    } catch (error) {
      console.warn(error.message);
      this.codes = '';
    }
  }

  choose(turn) {
    if (!this.catalogues.length) return;
    this.turn = turn % this.catalogues.length;
    this.show();
  }

  // Fills the elements that name their text in `data-text`, or their label in `data-label`.
  show() {
    const catalogue = this.catalogues[this.turn];
    if (!catalogue) return;
    const { code, texts } = catalogue;
    document.documentElement.lang = code;
    document.documentElement.dir = RIGHT_TO_LEFT.includes(code) ? 'rtl' : 'ltr';
    document.querySelectorAll('[data-text]').forEach((element) => {
      element.textContent = texts[element.dataset.text] ?? '';
    });
    document.querySelectorAll('[data-label]').forEach((element) => {
      element.setAttribute('aria-label', texts[element.dataset.label]);
    });
  }

  // Makes a button for each language, where there are several.
  buttons() {
    if (this.catalogues.length < 2) return [];
    return this.catalogues.map(({ code, texts }, turn) => {
      const button = document.createElement('button');
      button.textContent = texts.name;
      button.lang = code;
      button.addEventListener('click', () => this.choose(turn));
      return button;
    });
  }
}

export const catalogueOf = (code) => `/static/languages/${code}.json`;

async function load(code) {
  const answer = await fetch(catalogueOf(code));
  if (!answer.ok) throw new Error(`language ${code}: status ${answer.status}`);
  return { code, texts: await answer.json() };
}
