// The operator's console: all stands at a glance, one in detail.

import { Detail } from './detail.js';
import { clock, set, setFigures, setProgress, UNKNOWN } from './figures.js';

const OLD_MS = 5_000; // the stand sends twice a second; older figures must not pass for those of now
const AGAIN_MS = 1_000;
const CHECK_MS = 500;

const $ = (selector) => document.querySelector(selector);
const tiles = new Map(); // stand id → list item
const detail = new Detail($('#detail'), () => { location.hash = ''; });

let source = null;
let again = 0;
let live = null;
let heardMs = performance.now();

// Tiles

function urgency(stand) {
  const levels = stand.concerns.map((concern) => concern.level);
  if (levels.includes('act')) return 0;
  return levels.length ? 1 : 2;
}

function tileOf(id) {
  if (!tiles.has(id)) {
    const item = $('#tile').content.cloneNode(true).firstElementChild;
    item.querySelector('a').href = `#${id}`;
    tiles.set(id, item);
  }
  return tiles.get(id);
}

function drawTile(stand, nowNs) {
  const item = tileOf(stand.id);
  const on = stand.on_screen;
  set(item, 'name', stand.name).title = stand.id;
  set(item, 'state', stand.player === 'virtual' ? `${stand.state}, virtual` : stand.state);
  set(item, 'creative', on ? on.creative : UNKNOWN);
  set(item, 'campaign', on ? on.campaign : '');
  setProgress(item, on, nowNs);
  setFigures(item, stand, nowNs);
  const [first, ...others] = stand.concerns;
  const more = others.length ? ` + ${others.length} more` : '';
  set(item, 'concern', first ? `${first.short}${more}` : '').hidden = !first;
  const tile = item.querySelector('a');
  tile.dataset.level = first ? first.level : '';
  tile.classList.toggle('unknown', stand.people === null);
  return item;
}

// What needs somebody comes first; tiles move only when that changes.
function arrange(items) {
  const list = $('#stands');
  const same = list.children.length === items.length && items.every((item, i) => item === list.children[i]);
  if (same) return;
  const focused = document.activeElement;
  list.replaceChildren(...items);
  if (list.contains(focused)) focused.focus();
}

function drawTiles({ stands, now_ns: nowNs }) {
  const ordered = [...stands].sort((one, other) => urgency(one) - urgency(other));
  const ids = new Set(stands.map((stand) => stand.id));
  for (const id of tiles.keys()) {
    if (!ids.has(id)) tiles.delete(id);
  }
  arrange(ordered.map((stand) => drawTile(stand, nowNs)));
  $('#none').hidden = stands.length > 0;
  const needy = stands.filter((stand) => stand.concerns.length).length;
  const acts = stands.some((stand) => urgency(stand) === 0);
  $('#needs').dataset.level = needy ? (acts ? 'act' : 'look') : '';
  $('#needs').textContent = needy
    ? `${needy} of ${stands.length} stands ${needy === 1 ? 'needs' : 'need'} somebody`
    : `${stands.length} ${stands.length === 1 ? 'stand' : 'stands'}, nothing to do`;
  document.title = needy ? `(${needy}) Vitrine console` : 'Vitrine console';
}

function drawProblems({ problems }) {
  const box = $('#problems');
  const key = problems.join('\n');
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.hidden = !problems.length;
  const [first, ...others] = problems;
  box.querySelector('summary').textContent = others.length ? `${first} (+ ${others.length} more)` : first ?? '';
  box.querySelector('ul').replaceChildren(...problems.map((problem) => {
    const item = document.createElement('li');
    item.textContent = problem;
    return item;
  }));
}

function draw(figures) {
  live = figures;
  heardMs = performance.now();
  const zone = live.stands[0]?.time_zone;
  $('#since').textContent = live.started_ns
    ? `${clock(live.now_ns, zone)} · since ${clock(live.started_ns, zone)}` : 'waiting for the first figures';
  $('#synthetic').hidden = !live.stands.some((stand) => stand.synthetic);
  drawProblems(live);
  drawTiles(live);
  detail.draw(live);
  check();
}

// Whether the figures are those of now

function check() {
  const isOld = performance.now() - heardMs > OLD_MS;
  document.body.classList.toggle('old', isOld);
  $('#link').classList.toggle('wait', isOld || !live);
  $('#link span').textContent = isOld ? 'no connection' : live ? 'live' : 'connecting';
  const last = live ? `They are of ${clock(live.now_ns, live.stands[0]?.time_zone)}.` : '';
  const text = isOld
    ? `No figures come any more. ${last} Look whether the service “stand” runs, and at its log.` : '';
  if ($('#stale').textContent !== text) $('#stale').textContent = text;
  if (isOld && performance.now() > again) connect();
}

function connect() {
  source?.close();
  again = performance.now() + OLD_MS;
  source = new EventSource(`/live/events?stand=${encodeURIComponent(detail.id)}`);
  source.addEventListener('live', (message) => draw(JSON.parse(message.data)));
  source.addEventListener('detail', (message) => detail.know(JSON.parse(message.data)));
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) askWhy(); };
}

// A browser does not say why it gave up: the session may have ended.
async function askWhy() {
  const answer = await fetch('/live', { cache: 'no-store' }).catch(() => null);
  if (answer?.status === 401 || answer?.status === 403) location.reload();
  else setTimeout(connect, AGAIN_MS);
}

// The address names the stand that is open.
function follow() {
  detail.open(location.hash.slice(1));
  if (live) detail.draw(live);
  connect();
}

window.addEventListener('hashchange', follow);
setInterval(check, CHECK_MS);
follow();
