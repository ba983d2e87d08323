// Where people look: poses at five points of the screen, and the cone that is fitted to them.

import { $, changed, coneInForce, draft, element, onChange, within } from './draft.js';
import { fill } from './drawing.js';

const POINTS = { 'top-left': 'top left', 'top-right': 'top right', centre: 'the centre', 'bottom-left': 'bottom left', 'bottom-right': 'bottom right' };
const FIELDS = ['yaw', 'pitch', 'half_yaw', 'half_pitch'];
// To turn to the next point takes about a second; two are calm.
const TURN_MS = 2000;
// Degrees to every side of the plot.
const REACH = { yaw: 64, pitch: 40 };

let looks = { recording: null, points: {}, fitted: null, doubts: [] };
let saidRound = '';
let inRound = false;

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

export function take(news) {
  looks = news;
  for (const button of document.querySelectorAll('#screen button')) {
    const { point } = button.dataset;
    const found = looks.points[point];
    button.classList.toggle('now', looks.recording?.point === point);
    button.classList.toggle('steady', Boolean(found?.steady));
    button.classList.toggle('unsteady', Boolean(found) && !found.steady);
    const mark = !found ? '' : found.steady ? ' ✓' : ' !';
    say(button, `${POINTS[point].replace(/^the /, '').replace(/^./, (letter) => letter.toUpperCase())}${mark}`);
  }
  $('#progress').value = looks.recording?.progress ?? 0;
  say($('#looking'), words());
  const box = $('#doubts');
  if (box.dataset.key !== looks.doubts.join()) {
    box.dataset.key = looks.doubts.join();
    box.hidden = !looks.doubts.length;
    box.replaceChildren(...looks.doubts.map((each) => element('li', {}, each)));
  }
  $('#use').disabled = !looks.fitted;
  plot();
}

function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function words() {
  if (looks.recording) {
    const { point, nobody, several } = looks.recording;
    if (several > 3) return `Look at ${POINTS[point]}: several people are in the picture, only one may be.`;
    if (nobody > 3) return `Look at ${POINTS[point]}: no face that counts is in the picture.`;
    return `Look at ${POINTS[point]} and hold still.`;
  }
  if (saidRound) return saidRound;
  const unsteady = Object.entries(looks.points).filter(([, look]) => !look.steady);
  if (unsteady.length) return unsteady.map(([point, look]) => why(point, look)).join(' ');
  if (looks.fitted) {
    const { samples, held, held_before: before } = looks.fitted;
    return `The measured cone holds ${held} of ${samples} poses; the one in force ${before}. `
      + 'The picture shows attention by the measured one now: walk about and look away to try it.';
  }
  const left = Object.keys(POINTS).filter((point) => !looks.points[point]);
  if (left.length === 5) return 'No point is measured yet.';
  return `Still to measure: ${left.map((point) => POINTS[point]).join(', ')}.`;
}

function why(point, look) {
  const name = POINTS[point].replace(/^./, (letter) => letter.toUpperCase());
  if (look.poses.length >= 8) return `${name}: the poses scatter by ${look.spread}°; hold still, or mend light and focus, and repeat it.`;
  if (look.several > look.nobody) return `${name}: several people were in the picture; repeat it with one.`;
  return `${name}: hardly any face was found (${look.poses.length} poses); repeat it.`;
}

// Looked at from the person's place: to the left is the left of the screen, which is yaw above 0.
const toX = (yaw) => 50 * (1 - within(yaw / REACH.yaw, -1, 1));
const toY = (pitch) => 31.25 * (1 - within(pitch / REACH.pitch, -1, 1));

function frame(cone, colour, dash) {
  const left = toX(cone.yaw + cone.half_yaw);
  const top = toY(cone.pitch + cone.half_pitch);
  const width = toX(cone.yaw - cone.half_yaw) - left;
  const height = toY(cone.pitch - cone.half_pitch) - top;
  return element('rect', { x: left, y: top, width, height, rx: 1, fill: 'none', stroke: colour, 'stroke-width': 0.6, 'stroke-dasharray': dash });
}

function plot() {
  const svg = $('#plot');
  const key = JSON.stringify([looks.points, looks.fitted, draft.cone, coneInForce()]);
  if (svg.dataset.key === key) return;
  svg.dataset.key = key;
  svg.setAttribute('viewBox', '0 0 100 62.5');
  const parts = [
    element('line', { x1: 0, x2: 100, y1: toY(0), y2: toY(0), stroke: '#2a2f3e', 'stroke-width': 0.3 }),
    element('line', { x1: 50, x2: 50, y1: 0, y2: 62.5, stroke: '#2a2f3e', 'stroke-width': 0.3 }),
    element('text', { x: 51, y: 4, 'font-size': 3.4, fill: '#a9aebd' }, 'up'),
    element('text', { x: 1, y: toY(0) - 1, 'font-size': 3.4, fill: '#a9aebd' }, 'left'),
    element('text', { x: 91, y: toY(0) - 1, 'font-size': 3.4, fill: '#a9aebd' }, 'right'),
  ];
  for (const look of Object.values(looks.points)) {
    for (const [yaw, pitch] of look.poses) {
      parts.push(element('circle', { cx: toX(yaw), cy: toY(pitch), r: 0.7, fill: look.steady ? '#f2f0ea' : '#ff7d54', opacity: 0.65 }));
    }
  }
  parts.push(frame(coneInForce(), '#7ea2ff', '1.5 1.2'));
  if (looks.fitted) parts.push(frame(looks.fitted, '#ffb35c', 'none'));
  parts.push(frame(draft.cone, '#58d6a0', '0.6 1'));
  svg.replaceChildren(...parts);
}

const measure = (point) => fetch(`/looks/${point}`, { method: 'POST' });

async function ended(point) {
  // The next news may still be of before.
  while (looks.recording?.point !== point && !looks.points[point]) await pause(50);
  while (looks.recording?.point === point) await pause(50);
}

async function round() {
  if (inRound) return;
  inRound = true;
  $('#round').disabled = true;
  await fetch('/looks', { method: 'DELETE' });
  for (const point of Object.keys(POINTS)) {
    saidRound = `Next: turn to ${POINTS[point]} …`;
    await pause(TURN_MS);
    await measure(point);
    await ended(point);
  }
  saidRound = '';
  inRound = false;
  $('#round').disabled = false;
}

export function start() {
  for (const button of document.querySelectorAll('#screen button')) {
    button.addEventListener('click', () => measure(button.dataset.point));
  }
  $('#round').addEventListener('click', round);
  $('#forget').addEventListener('click', () => fetch('/looks', { method: 'DELETE' }));
  $('#use').addEventListener('click', () => {
    for (const name of FIELDS) draft.cone[name] = looks.fitted[name];
    changed();
  });
  for (const name of FIELDS) {
    const field = $(`#${name}`);
    field.addEventListener('input', () => {
      if (!field.validity.valid || field.value === '') return;
      draft.cone[name] = Number(field.value);
      changed('field');
    });
  }
  onChange(() => {
    for (const name of FIELDS) fill($(`#${name}`), draft.cone[name]);
    plot();
  });
}
