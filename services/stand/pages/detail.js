// One stand in detail, over the tiles.

import { drawChart } from './chart.js';
import { clock, percent, set, setFigures, setProgress } from './figures.js';
import { Preview } from './preview.js';

export class Detail {
  // `closed` is called when somebody closes it.
  constructor(dialog, closed) {
    this.dialog = dialog;
    this.id = '';
    this.preview = new Preview(dialog.querySelector('.preview'));
    dialog.querySelector('.close').addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => { if (this.id) closed(); });
  }

  open(id) {
    if (id === this.id) return;
    this.id = id;
    this.known = null;
    this.told = '';
    this.rows = '';
    this.preview.clear();
    this.dialog.querySelector('.cameras').replaceChildren();
    this.dialog.querySelector('.columns').hidden = true;
    set(this.dialog, 'name', id);
    if (!id) {
      this.dialog.close();
      return;
    }
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
    this.showCameras(id);
  }

  know(known) {
    if (known.id === this.id) this.known = known;
  }

  draw(live) {
    if (!this.id) return;
    const stand = live.stands.find((each) => each.id === this.id);
    this.dialog.querySelector('.gone').hidden = Boolean(stand);
    this.dialog.querySelector('.columns').hidden = !stand || !this.known;
    if (!stand || !this.known) return;
    this.drawNow(stand, live.now_ns);
    this.drawConcerns(stand);
    this.drawKnown(stand, live.now_ns);
  }

  drawNow(stand, nowNs) {
    const on = stand.on_screen;
    set(this.dialog, 'name', stand.name);
    set(this.dialog, 'state', stand.state);
    set(this.dialog, 'player', stand.player ? `${stand.player} player` : 'no player');
    set(this.dialog, 'zone', `${stand.id} · ${clock(nowNs, stand.time_zone)} ${stand.time_zone}`);
    setFigures(this.dialog, stand, nowNs);
    setProgress(this.dialog, on, nowNs);
    set(this.dialog, 'creative', on ? on.creative : 'Nothing is known');
    set(this.dialog, 'campaign', on ? `${on.campaign}, ${on.advertiser}` : '');
    set(this.dialog, 'why', this.known.decision);
    this.preview.shape(this.known.shape);
    this.preview.show(on);
  }

  drawConcerns({ id, concerns }) {
    const key = JSON.stringify(concerns);
    if (key === this.told) return; // nobody can press a button that is replaced twice a second
    this.told = key;
    const list = this.dialog.querySelector('.concerns');
    list.hidden = !concerns.length;
    list.replaceChildren(...concerns.map((concern) => concernItem(id, concern)));
  }

  drawKnown(stand, nowNs) {
    const { known, dialog } = this;
    const next = known.following;
    set(dialog, 'next', next ? next.creative : 'Not decided yet');
    set(dialog, 'next-campaign', next ? `${next.campaign}, ${next.advertiser}` : '');
    set(dialog, 'next-why', next ? known.next_decision : 'decided shortly before the end, for who is there then');
    set(dialog, 'may', next ? '' : mayFollow(known.may_follow));
    set(dialog, 'alone', known.without_stand);
    for (const name of ['offers_shown', 'offers_redeemed', 'touches']) set(dialog, name, known[name]);
    set(dialog, 'plays', `${known.plays}, ${known.completed} complete`);
    set(dialog, 'most', drawChart(dialog.querySelector('.chart'), known, nowNs / 1e6));
    this.drawRecent(known.recent, stand.time_zone);
  }

  drawRecent(recent, timeZone) {
    const key = recent.map((play) => play.start_ns).join();
    const isEmpty = recent.length === 0;
    this.dialog.querySelector('.none').hidden = !isEmpty;
    this.dialog.querySelector('table').hidden = isEmpty;
    if (this.rows === key) return;
    this.rows = key;
    this.dialog.querySelector('tbody').replaceChildren(...recent.map((play) => rowOf(play, timeZone)));
  }

  // Only while somebody looks: the console reads pictures for as long as this frame is open.
  async showCameras(id) {
    const box = this.dialog.querySelector('.cameras');
    const problem = await cameraProblem();
    if (id !== this.id) return;
    if (problem) {
      box.textContent = problem;
      return;
    }
    const frame = document.createElement('iframe');
    frame.title = `Cameras of stand ${id}`;
    frame.src = `/cameras?stand=${encodeURIComponent(id)}`;
    box.replaceChildren(frame);
  }
}

// The server tells the likeliest only.
function mayFollow(possible) {
  if (!possible.length) return '';
  const words = possible.map(({ creative, probability }) => `${creative} ${percent(probability)}`);
  const others = 1 - possible.reduce((sum, { probability }) => sum + probability, 0);
  if (others > 0.005) words.push(`others ${percent(others)}`);
  return `The rotation may bring ${words.join(', ')}.`;
}

async function cameraProblem() {
  try {
    const answer = await fetch('/cameras', { headers: { Accept: 'application/json' } });
    if (answer.ok) return '';
    return (await answer.json()).detail;
  } catch {
    return 'the service “stand” does not answer';
  }
}

function concernItem(id, concern) {
  const item = document.createElement('li');
  item.dataset.level = concern.level;
  const text = document.createElement('b');
  text.textContent = concern.text;
  item.append(text, ` ${concern.action}`);
  if (concern.kind === 'refused') {
    const seen = document.createElement('button');
    seen.textContent = 'Seen';
    seen.addEventListener('click', () => fetch(`/live/${encodeURIComponent(id)}/refusals/seen`, { method: 'POST' }));
    item.append(' ', seen);
  }
  return item;
}

function rowOf(play, timeZone) {
  const row = document.createElement('tr');
  const remark = [play.completed ? '' : 'cut', play.doubtful ? 'doubtful' : ''].filter(Boolean).join(', ');
  const cells = [
    [clock(play.start_ns, timeZone)],
    [play.creative, play.campaign],
    [play.reason],
    [percent(play.probability)],
    [`${play.seconds.toFixed(1)} s`, remark],
    [play.arm],
  ];
  cells.forEach(([text, more], i) => {
    const cell = row.insertCell();
    cell.textContent = text;
    if (i === 3 || i === 4) cell.className = 'number';
    if (!more) return;
    const small = document.createElement('small');
    small.textContent = ` ${more}`;
    cell.append(small);
  });
  return row;
}
