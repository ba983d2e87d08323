// The page to set a camera up: asks for what is new, draws it, asks again.

import { draw } from '/console/overlay.js';
import * as cone from './cone.js';
import { $, begin, begun, difference, draft, element, onChange } from './draft.js';
import * as drawing from './drawing.js';

const LEAST_MS = 33;
const AGAIN_MS = 1000;
// An older picture does not stay: nobody should take it for what is there now.
const QUIET_MS = 5000;
const LAYERS = { picture: true, boxes: true, points: true, gaze: true, mask: true, zone: true, labels: false };

let version = 0;
let shot = null;
let shownAt = 0;
let latest = null; // What the files say now.
let seen = null; // The draft whose difference is shown, and its stamp.

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

async function run() {
  for (;;) {
    const started = performance.now();
    try {
      const response = await fetch(`/news?after=${version}`, { cache: 'no-store' });
      if (!response.ok) throw new Error(await reason(response));
      await take(await response.arrayBuffer());
      connected(true);
    } catch (error) {
      connected(false, `${error.message}. Is \`vitrine calibrate\` still running?`);
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
  enlist(answer.cameras[0]);
  complain(answer.problems.join(' '));
  for (const view of answer.views) await show(view, new Uint8Array(buffer, 4 + length));
  if (performance.now() - shownAt > QUIET_MS && !drawing.isStill()) $('#empty').hidden = false;
}

function enlist(camera) {
  $('#camera').textContent = camera.id;
  $('#stand').textContent = `at stand ${camera.stand}`;
  if (!begun()) begin(camera);
  latest = camera;
}


async function show(view, jpeg) {
  drawing.look(view);
  cone.take(view.looks);
  judge(view.judgements);
  if (drawing.isStill()) return;
  const bitmap = await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }));
  shot?.bitmap.close();
  shot = { view, bitmap };
  shownAt = performance.now();
  $('#empty').hidden = true;
  redraw();
}

function redraw() {
  if (!shot) return;
  const canvas = $('#picture');
  const ratio = window.devicePixelRatio || 1;
  const { width, height } = shot.view;
  canvas.style.aspectRatio = `${width} / ${height}`;
  $('#stage').style.setProperty('--shape', width / height);
  const wide = Math.round($('#stage').clientWidth * ratio);
  if (canvas.width !== wide) {
    canvas.width = wide;
    canvas.height = Math.round(wide * height / width);
  }
  const still = drawing.isStill();
  draw(canvas, shot, draft, still ? { ...LAYERS, mask: false, zone: false } : LAYERS);
}

// Texts are replaced only where they change, so that they can be read and selected.
function judge(judgements) {
  const box = $('#judgements');
  const key = JSON.stringify(judgements);
  if (!judgements.length || box.dataset.key === key) return;
  box.dataset.key = key;
  box.replaceChildren(...judgements.map(({ name, state, words, advice }) => {
    const item = element('li', { class: state });
    item.append(element('b', {}, name[0].toUpperCase() + name.slice(1)), element('span', {}, words));
    if (advice) item.append(element('small', {}, advice));
    return item;
  }));
}

function complain(text) {
  $('#problem').hidden = !text;
  if ($('#problem').textContent !== text) $('#problem').textContent = text;
}

function connected(yes, why = '') {
  $('#link').classList.toggle('wait', !yes);
  $('#link span').textContent = yes ? 'live' : 'no connection';
  if (!yes) complain(why);
}

async function reason(response) {
  try {
    const { detail } = await response.json();
    return typeof detail === 'string' ? detail : detail.map((each) => each.msg.replace('Value error, ', '')).join('; ');
  } catch {
    return `the server answers ${response.status}`;
  }
}

const send = (path, body) => fetch(path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

async function showDifference() {
  forget();
  const body = difference();
  const response = await send('/difference', body);
  if (!response.ok) return tell(`This cannot be written: ${await reason(response)}.`);
  const { difference: text, stamp } = await response.json();
  const box = $('#difference');
  box.hidden = !text;
  box.replaceChildren(...text.split('\n').flatMap((line) => {
    const kind = line.startsWith('+') ? 'ins' : line.startsWith('-') ? 'del' : 'span';
    return [element(kind, {}, line), '\n'];
  }));
  if (!text) return tell('Nothing differs from what the files say.');
  seen = { ...body, stamp };
  $('#write').disabled = false;
  return tell('Nothing is written yet.');
}

async function write() {
  const response = await send('/save', seen);
  if (!response.ok) {
    forget();
    return tell(`Nothing was written: ${await reason(response)}.`);
  }
  const { files } = await response.json();
  forget();
  $('#difference').hidden = true;
  // What is in force comes with the next picture.
  const before = JSON.stringify(latest);
  for (let i = 0; i < 100 && JSON.stringify(latest) === before; i += 1) await pause(50);
  begin(latest);
  return tell(`Written: ${files.join(' and ')}.`);
}

function forget() {
  seen = null;
  $('#write').disabled = true;
}

function tell(text) {
  $('#told').textContent = text;
}

drawing.start();
cone.start();
onChange(() => {
  // A difference that was shown is no longer that of the draft.
  if (seen) {
    forget();
    $('#difference').hidden = true;
    tell('');
  }
  redraw();
});
$('#show').addEventListener('click', showDifference);
$('#write').addEventListener('click', write);
window.addEventListener('resize', redraw);
run();
