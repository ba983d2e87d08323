// The watch in a browser: asks for what is new, draws it as the cameras' page does, asks again.

import { draw } from '/console/overlay.js';

const LEAST_MS = 33;
const AGAIN_MS = 1000;
const LAYERS = { picture: true, boxes: true, points: true, axes: true, labels: true, details: true };
const KEYS = { ' ': 'pause', d: 'detector', n: 'net', s: 'save', '?': 'help' };
const CAMERA = { mask: [] };

const $ = (selector) => document.querySelector(selector);
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
let version = 0;
let shot = null;

async function run() {
  for (;;) {
    const started = performance.now();
    try {
      const response = await fetch(`/news?after=${version}`, { cache: 'no-store' });
      if (!response.ok) throw new Error(`the program answers ${response.status}`);
      await take(await response.arrayBuffer());
      connected(true);
    } catch (error) {
      connected(false, `${error.message}. Is \`vitrine view\` still running?`);
      await pause(AGAIN_MS);
    }
    const left = LEAST_MS - (performance.now() - started);
    if (left > 0) await pause(left);
  }
}

// Four bytes of length, so many of JSON, then the JPEG of the view.
async function take(buffer) {
  const length = new DataView(buffer).getUint32(0);
  const answer = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  version = answer.version;
  const [state] = answer.cameras;
  const word = state.ended ? 'the source has ended' : state.paused ? 'paused' : '';
  $('#state').hidden = !word;
  $('#state').textContent = word;
  for (const view of answer.views) await show(view, new Uint8Array(buffer, 4 + length));
}

async function show(view, jpeg) {
  const bitmap = await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }));
  shot?.bitmap.close();
  shot = { view, bitmap };
  $('#empty').hidden = true;
  redraw();
  tell(view);
}

function redraw() {
  if (!shot) return;
  const canvas = $('#picture');
  const { width, height } = shot.view;
  canvas.style.aspectRatio = `${width} / ${height}`;
  $('#stage').style.setProperty('--shape', width / height);
  const wide = Math.round($('#stage').clientWidth * (window.devicePixelRatio || 1));
  if (canvas.width !== wide) {
    canvas.width = wide;
    canvas.height = Math.round(wide * height / width);
  }
  draw(canvas, shot, CAMERA, LAYERS);
  canvas.dataset.atMs = shot.view.at_ms;
}

function tell(view) {
  const scores = view.faces.filter((face) => face.score !== undefined).map((face) => face.score);
  set('#fps', view.fps.toFixed(1));
  set('#ms', view.ms.toFixed(0));
  set('#faces', view.faces.length);
  set('#looking', view.faces.filter((face) => face.attending).length);
  set('#score', scores.length ? Math.max(...scores) : '–');
  set('#detector', view.detector);
  set('#net', view.net);
}

function set(selector, text) {
  const element = $(selector);
  if (element.textContent !== String(text)) element.textContent = text;
}

function connected(yes, why = '') {
  $('#link').classList.toggle('wait', !yes);
  $('#link span').textContent = yes ? 'live' : 'no connection';
  $('#problem').hidden = yes;
  $('#problem').textContent = why;
}

async function act(wish) {
  if (wish === 'save') return save();
  if (wish === 'help') return help();
  return fetch(`/${wish}`, { method: 'POST' });
}

// The picture as it is drawn, by the browser's own download.
function save() {
  const link = document.createElement('a');
  link.download = 'view.png';
  link.href = $('#picture').toDataURL('image/png');
  link.click();
}

function help() {
  const shown = $('#help').toggleAttribute('hidden');
  $('[data-do=help]').setAttribute('aria-expanded', !shown);
}

for (const button of document.querySelectorAll('button')) {
  button.addEventListener('click', () => act(button.dataset.do));
}
document.addEventListener('keydown', (event) => {
  // A button that has the focus takes the space bar itself.
  if (event.key === ' ' && event.target.closest('button')) return;
  if (event.key in KEYS && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    act(KEYS[event.key]);
  }
});
window.addEventListener('resize', redraw);
run();
