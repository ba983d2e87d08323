// The live view: asks for what is new, draws it, asks again. Nothing queues up: a slow page gets fewer pictures.

import { COLOURS, draw, nameOf, statusOf } from './overlay.js';

// At most so often; each answer holds all cameras that changed.
const LEAST_MS = 33;
const AGAIN_MS = 1000;
// Older pictures do not stay: nobody should take them for what is there now.
const QUIET_MS = 5000;
// Capture times of replays are not those of the wall clock.
const MOST_LATENCY_MS = 60000;
// A picture so much older is that of a camera that began anew.
const LATE_MS = 2000;
// Of the grid, in CSS pixels: between cards, the text of a card, and the narrowest card that is read well.
const GAP = 18;
const CARD_TEXT = 116;
const LEAST_CARD = 440;

const $ = (selector) => document.querySelector(selector);
const stand = new URLSearchParams(location.search).get('stand') ?? ''; // of the console, which frames its cameras
const viewer = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
const cards = new Map(); // camera id → { root, canvas, camera, shot, drawnAt }
const layers = { boxes: true, points: true, gaze: true, labels: true, zone: true, mask: true, picture: true };
let version = 0;
let chosen = location.hash.slice(1);
let focused = '';

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

async function run() {
  for (;;) {
    if (document.hidden) await visible();
    const started = performance.now();
    try {
      const response = await fetch(`/cameras/news?viewer=${viewer}&after=${version}&stand=${encodeURIComponent(stand)}`, { cache: 'no-store' });
      if (response.status === 401) {
        location.reload();
        return;
      }
      if (!response.ok) throw new Error(await reason(response));
      await take(await response.arrayBuffer());
      connected(true);
    } catch (error) {
      connected(false, error.message);
      await pause(AGAIN_MS);
    }
    grey();
    const left = LEAST_MS - (performance.now() - started);
    if (left > 0) await pause(left);
  }
}

function visible() {
  return new Promise((done) => {
    document.addEventListener('visibilitychange', done, { once: true });
  });
}

async function reason(response) {
  try {
    return (await response.json()).detail;
  } catch {
    return `the server answers ${response.status}`;
  }
}

function connected(yes, why = '') {
  $('#link').classList.toggle('wait', !yes);
  $('#link span').textContent = yes ? 'live' : 'no connection';
  $('#problem').hidden = yes;
  $('#problem').textContent = why;
}

// Four bytes of length, so many of JSON, then the JPEG of each view.
async function take(buffer) {
  const length = new DataView(buffer).getUint32(0);
  const answer = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const decoding = answer.views.map(async (view) => {
    if (!view.jpeg_bytes) return { view, bitmap: null };
    const jpeg = new Uint8Array(buffer, at, view.jpeg_bytes);
    at += view.jpeg_bytes;
    return { view, bitmap: await decoded(jpeg) };
  });
  enlist(answer);
  for (const shot of await Promise.all(decoding)) show(shot, answer.now_ms);
  version = answer.version;
}

// A picture that the browser cannot decode costs itself only.
async function decoded(jpeg) {
  try {
    return await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }));
  } catch {
    return null;
  }
}

function enlist({ cameras, pictures, problems }) {
  $('#off').hidden = pictures;
  $('#none').hidden = cameras.length > 0;
  complain(problems);
  const ids = new Set(cameras.map((camera) => camera.id));
  for (const [id, card] of cards) {
    if (!ids.has(id)) {
      card.root.remove();
      cards.delete(id);
    }
  }
  for (const camera of cameras) {
    const card = cards.get(camera.id) ?? add(camera);
    card.camera = camera;
    set(card.root, 'stand', `stand ${camera.stand}`);
  }
  arrange();
  const wanted = ids.has(chosen) ? chosen : '';
  if (wanted !== focused) focus(wanted);
}

// What is wrong in the configuration files.
function complain(problems) {
  const list = $('#problems');
  const key = problems.join('\n');
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.hidden = !problems.length;
  list.replaceChildren(...problems.map((problem) => {
    const item = document.createElement('li');
    item.textContent = problem;
    return item;
  }));
}

// As many columns as make the cards largest while all of them are seen; narrow cards scroll instead.
function arrange() {
  const main = $('#cameras');
  const key = `${cards.size} ${main.clientWidth} ${window.innerHeight}`;
  if (main.dataset.key === key) return;
  main.dataset.key = key;
  const height = window.innerHeight - main.offsetTop - GAP;
  let best = { width: 0, columns: 1 };
  for (let columns = 1; columns <= cards.size; columns += 1) {
    const rows = Math.ceil(cards.size / columns);
    const broad = (main.clientWidth - (columns - 1) * GAP) / columns;
    const fitting = ((height - (rows - 1) * GAP) / rows - CARD_TEXT) * 16 / 9;
    const width = Math.min(broad, Math.max(fitting, LEAST_CARD));
    if (width > best.width) best = { width, columns };
  }
  main.style.setProperty('--columns', best.columns);
  main.style.setProperty('--width', `${Math.floor(best.width)}px`);
}

function add(camera) {
  const root = $('#camera').content.cloneNode(true).firstElementChild;
  const canvas = root.querySelector('canvas');
  const card = { root, canvas, camera, shot: null, drawnAt: 0 };
  set(root, 'id', camera.id);
  canvas.setAttribute('aria-label', `What camera ${camera.id} sees`);
  canvas.dataset.camera = camera.id;
  const toggle = () => {
    chosen = chosen === camera.id ? '' : camera.id;
    history.replaceState(null, '', chosen ? `#${encodeURIComponent(chosen)}` : location.pathname + location.search);
    focus(chosen);
  };
  root.querySelector('.title').addEventListener('click', toggle);
  root.querySelector('.stage').addEventListener('click', toggle);
  new ResizeObserver(() => fit(card)).observe(canvas);
  $('#cameras').append(root);
  cards.set(camera.id, card);
  return card;
}

function focus(id) {
  focused = id;
  $('#cameras').classList.toggle('focus', Boolean(id));
  for (const [name, card] of cards) {
    const here = name === id;
    card.root.classList.toggle('chosen', here);
    card.root.querySelector('.title').setAttribute('aria-expanded', here);
    card.root.querySelector('.faces').hidden = !here;
    if (here && card.shot) list(card);
  }
}

function fit(card) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(card.canvas.clientWidth * ratio);
  if (!width) return;
  const view = card.shot?.view ?? { width: 16, height: 9 };
  card.canvas.style.aspectRatio = `${view.width} / ${view.height}`;
  card.canvas.width = width;
  card.canvas.height = Math.round(width * view.height / view.width);
  redraw(card);
}

function show(shot, nowMs) {
  const card = cards.get(shot.view.id);
  if (!card) {
    shot.bitmap?.close();
    return;
  }
  const before = card.shot;
  // Answers of two servers behind one address may cross.
  const late = before ? before.view.at_ms - shot.view.at_ms : 0;
  if (late > 0 && late < LATE_MS) {
    shot.bitmap?.close();
    return;
  }
  card.shot = shot;
  card.drawnAt = performance.now();
  before?.bitmap?.close();
  const sameShape = before && before.view.width === shot.view.width && before.view.height === shot.view.height;
  if (sameShape && card.canvas.width) redraw(card);
  else fit(card);
  tell(card, shot.view, nowMs);
}

function redraw(card) {
  if (!card.shot) return;
  draw(card.canvas, card.shot, card.camera, layers);
  card.canvas.dataset.atMs = card.shot.view.at_ms;
}

function tell(card, view, nowMs) {
  const { root, camera } = card;
  const latency = nowMs - view.at_ms;
  const scores = view.faces.filter((face) => face.score !== undefined).map((face) => face.score);
  root.querySelector('.empty').hidden = true;
  set(root, 'fps', view.fps.toFixed(1), `/ ${camera.fps}`);
  set(root, 'latency', ...inWords(latency));
  set(root, 'faces', view.faces.length);
  set(root, 'looking', view.faces.filter((face) => face.attending).length);
  set(root, 'score', scores.length ? Math.max(...scores) : '–');
  const state = set(root, 'state', view.analysed ? `${view.width} × ${view.height}` : 'not analysed');
  state.classList.toggle('bad', !view.analysed);
  $('#synthetic').hidden = !view.synthetic && $('#synthetic').hidden;
  if (root.classList.contains('chosen')) list(card);
}

function inWords(latency) {
  if (latency < 0 || latency >= MOST_LATENCY_MS) return ['–'];
  if (latency >= 1000) return [(latency / 1000).toFixed(1), 's'];
  return [Math.round(latency), 'ms'];
}

// The faces of the camera in the foreground, the most engaged first.
function list({ root, camera, shot: { view, bitmap } }) {
  const box = root.querySelector('.faces');
  const faces = [...view.faces].sort((a, b) => (b.score ?? -1) - (a.score ?? -1));
  while (box.querySelectorAll('section').length < faces.length) {
    box.append($('#face').content.cloneNode(true));
  }
  const sections = box.querySelectorAll('section');
  sections.forEach((section, i) => {
    section.hidden = i >= faces.length;
    if (faces[i]) describe(section, faces[i], bitmap, camera);
  });
  let none = box.querySelector('.none');
  if (!none) {
    none = document.createElement('p');
    none.className = 'none';
    none.textContent = 'No face in the picture.';
    box.prepend(none);
  }
  none.hidden = faces.length > 0;
}

function describe(section, face, bitmap, camera) {
  const status = statusOf(face);
  const words = {
    looking: 'looks at the screen', here: 'looks elsewhere', aside: 'is not counted',
  };
  set(section, 'name', nameOf(face.track)).title = face.track;
  set(section, 'name', nameOf(face.track)).style.color = COLOURS[status];
  set(section, 'status', `${words[status]} · ${recognised(face, camera)}`);
  for (const name of ['score', 'response', 'quality']) {
    section.querySelector(`[data-of=${name}]`).value = face[name] ?? 0;
  }
  const signed = (degrees) => `${degrees > 0 ? '+' : ''}${Math.round(degrees)}°`;
  const parts = [`yaw ${signed(face.yaw)}`, `pitch ${signed(face.pitch)}`, `roll ${signed(face.roll)}`];
  if (face.dwell_s !== undefined) parts.push(`here ${face.dwell_s.toFixed(0)} s`, `looked ${face.attention_s.toFixed(0)} s`);
  parts.push(`detector ${percent(face.found)}`);
  if (face.shown !== undefined) parts.push(`any expression ${percent(face.shown)}`);
  set(section, 'figures', parts.join(' · '));
  const pen = section.querySelector('canvas').getContext('2d');
  const { width, height } = pen.canvas;
  pen.fillStyle = COLOURS.ground;
  pen.fillRect(0, 0, width, height);
  if (!bitmap || !layers.picture) return;
  const [x, y, w, h] = face.box;
  const side = Math.max(w, h) * 1.3;
  pen.drawImage(bitmap, x + w / 2 - side / 2, y + h / 2 - side / 2, side, side, 0, 0, width, height);
}

const percent = (share) => `${Math.round(share * 100)}\u00a0%`;

function recognised(face, camera) {
  if (camera.recognition === 'none') return 'recognition is off';
  if (face.known === undefined) return 'not decided yet';
  if (face.known) return 'known';
  return face.reason === 'opted-out' ? 'opted out' : 'not known';
}

// Says so where no picture comes.
function grey() {
  const now = performance.now();
  for (const card of cards.values()) {
    if (!card.shot || now - card.drawnAt < QUIET_MS) continue;
    card.shot.bitmap?.close();
    card.shot = null;
    card.canvas.width = card.canvas.width; // Clears it.
    delete card.canvas.dataset.atMs;
    const empty = card.root.querySelector('.empty');
    empty.hidden = false;
    empty.textContent = 'no picture for five seconds; the log of ingest says why';
    for (const name of ['fps', 'latency', 'faces', 'looking', 'score']) set(card.root, name, '–');
    set(card.root, 'state', '');
  }
}

function set(root, name, text, unit = '') {
  const element = root.querySelector(`[data-of=${name}]`);
  const wanted = unit && text !== '–' ? `${text} ${unit}` : String(text);
  if (element.textContent === wanted) return element;
  element.textContent = text;
  if (unit && text !== '–') {
    const small = document.createElement('small');
    small.textContent = ` ${unit}`;
    element.append(small);
  }
  return element;
}

function remember() {
  try {
    localStorage.setItem('vitrine-layers', JSON.stringify(layers));
  } catch {
    // A browser that keeps nothing begins with all layers.
  }
}

function recall() {
  try {
    Object.assign(layers, JSON.parse(localStorage.getItem('vitrine-layers')));
  } catch {
    // Nothing kept, or nothing readable.
  }
}

function switches() {
  for (const button of document.querySelectorAll('#layers button')) {
    const name = button.dataset.layer;
    button.setAttribute('aria-pressed', layers[name]);
    button.addEventListener('click', () => {
      layers[name] = !layers[name];
      button.setAttribute('aria-pressed', layers[name]);
      remember();
      for (const card of cards.values()) redraw(card);
    });
  }
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    chosen = '';
    history.replaceState(null, '', location.pathname + location.search);
    focus('');
  });
}

document.body.classList.toggle('framed', stand !== '');
chosen = decodeURIComponent(chosen);
window.addEventListener('resize', arrange);
recall();
switches();
run();
