// Mask and zone, drawn on a still or written into fields. Shares are those of the picture.

import { $, changed, draft, element, onChange, rounded, within } from './draft.js';

const RECTANGLE = [[0, 0], [0.25, 0], [0.25, 1], [0, 1]];
// Faces are about so much wider than high.
const FACE_SHAPE = 0.76;
// On the screen, in CSS pixels.
const GRIP = 9;
const MOST_CORNERS = 100;
// A zone of what somebody shows once is a little wider: people move, boxes tremble.
const ROOM = 0.1;

let size = { width: 16, height: 9 };
let face = null;

export const isStill = () => $('#still').getAttribute('aria-pressed') === 'true';

// Takes the size of the picture, and the height of the largest face as a share.
export function look(view) {
  size = { width: view.width, height: view.height };
  face = view.faces.length ? Math.max(...view.faces.map((each) => each.share)) : null;
  const words = face === null ? 'No face in the picture.' : `The largest face now has ${percent(face)} %.`;
  if ($('#now_face').textContent !== words) $('#now_face').textContent = words;
  $('#far').disabled = face === null;
  $('#near').disabled = face === null;
}

const percent = (share) => rounded(share * 100, 1);

function redraw() {
  const svg = $('#drawing');
  svg.toggleAttribute('hidden', !isStill());
  svg.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
  const scale = size.width / Math.max(1, svg.clientWidth || $('#stage').clientWidth);
  const parts = [];
  const corners = draft.mask.map(([x, y]) => [x * size.width, y * size.height]);
  if (corners.length) parts.push(element('polygon', { class: 'mask', points: corners.map((c) => c.join(',')).join(' ') }));
  for (const name of ['max_face', 'min_face']) parts.push(...faceFrame(name, scale));
  corners.forEach(([x, y], i) => {
    parts.push(element('circle', { class: 'grip', cx: x, cy: y, r: GRIP * scale, 'data-corner': i }));
  });
  svg.replaceChildren(...parts);
}

// A frame of the size of a face, that its grip makes larger or smaller.
function faceFrame(name, scale) {
  const height = draft[name] * size.height;
  const width = height * FACE_SHAPE;
  const left = (size.width - width) / 2;
  const top = (size.height - height) / 2;
  const words = name === 'min_face' ? 'smallest' : 'largest';
  return [
    element('rect', { class: 'face', x: left, y: top, width, height, rx: width / 6 }),
    element('text', { x: left + width + 12 * scale, y: top + height + 4 * scale, 'font-size': 13 * scale }, words),
    element('circle', { class: 'grip', cx: left + width, cy: top + height, r: GRIP * scale, 'data-face': name }),
  ];
}

// Where a pointer is, as shares of the picture.
function place(event) {
  const box = $('#drawing').getBoundingClientRect();
  return [
    rounded(within((event.clientX - box.left) / box.width, 0, 1), 3),
    rounded(within((event.clientY - box.top) / box.height, 0, 1), 3),
  ];
}

function drag(event, held) {
  const [x, y] = place(event);
  if (held.corner !== undefined) draft.mask[Number(held.corner)] = [x, y];
  else draft[held.face] = rounded(within(2 * (y - 0.5), 0.01, 1), 3);
  changed('drag');
}

function pressed(event) {
  const svg = $('#drawing');
  const held = { ...event.target.dataset };
  if (held.corner === undefined && held.face === undefined) {
    if (draft.mask.length >= MOST_CORNERS) return;
    draft.mask.push(place(event));
    held.corner = draft.mask.length - 1;
    changed();
  }
  svg.setPointerCapture(event.pointerId);
  const move = (moved) => drag(moved, held);
  const end = () => {
    svg.removeEventListener('pointermove', move);
    svg.removeEventListener('pointerup', end);
    svg.removeEventListener('pointercancel', end);
  };
  svg.addEventListener('pointermove', move);
  svg.addEventListener('pointerup', end);
  svg.addEventListener('pointercancel', end);
  event.preventDefault();
}

// The corners as number fields, for keyboards. Built anew only when their number changes.
function list() {
  const box = $('#corners');
  if (box.children.length !== draft.mask.length) {
    box.replaceChildren(...draft.mask.map((_, i) => cornerRow(i)));
  }
  [...box.children].forEach((row, i) => {
    row.querySelectorAll('input').forEach((field, axis) => fill(field, percent(draft.mask[i][axis])));
  });
  $('#corner').disabled = draft.mask.length >= MOST_CORNERS;
  $('#clear').disabled = draft.mask.length === 0;
}

function cornerRow(i) {
  const row = element('li');
  row.append(element('b', {}, String(i + 1)));
  ['x', 'y'].forEach((name, axis) => {
    const label = element('label', {}, `${name}, %`);
    const field = element('input', { type: 'number', min: 0, max: 100, step: 'any', 'aria-label': `Corner ${i + 1}, ${name} in per cent` });
    field.addEventListener('input', () => {
      if (!field.validity.valid || field.value === '') return;
      draft.mask[i][axis] = rounded(Number(field.value) / 100, 4);
      changed('field');
    });
    label.append(field);
    row.append(label);
  });
  const gone = element('button', { class: 'small', 'aria-label': `Remove corner ${i + 1}` }, 'Remove');
  gone.addEventListener('click', () => {
    draft.mask.splice(i, 1);
    changed();
    $('#corner').focus();
  });
  row.append(gone);
  return row;
}

// A field that somebody writes into is left alone.
export function fill(field, value) {
  if (document.activeElement !== field && field.value !== String(value)) field.value = value;
}

function zoneField(name) {
  const field = $(`#${name}`);
  field.addEventListener('input', () => {
    if (!field.validity.valid || field.value === '') return;
    draft[name] = rounded(Number(field.value) / 100, 4);
    changed('field');
  });
}

export function start() {
  $('#still').addEventListener('click', () => {
    const still = !isStill();
    $('#still').setAttribute('aria-pressed', still);
    $('#still').textContent = still ? 'Back to the live picture' : 'Take a still';
    $('#frozen').hidden = !still;
    changed();
  });
  $('#rectangle').addEventListener('click', () => {
    draft.mask = RECTANGLE.map(([x, y]) => [x, y]);
    changed();
  });
  $('#clear').addEventListener('click', () => {
    draft.mask = [];
    changed();
  });
  $('#corner').addEventListener('click', () => {
    draft.mask.push([0.5, 0.5]);
    changed();
  });
  $('#far').addEventListener('click', () => {
    draft.min_face = rounded(within(face * (1 - ROOM), 0, 1), 3);
    changed();
  });
  $('#near').addEventListener('click', () => {
    draft.max_face = rounded(within(face * (1 + ROOM), 0, 1), 3);
    changed();
  });
  zoneField('min_face');
  zoneField('max_face');
  $('#drawing').addEventListener('pointerdown', pressed);
  window.addEventListener('resize', redraw);
  onChange(() => {
    redraw();
    list();
    fill($('#min_face'), percent(draft.min_face));
    fill($('#max_face'), percent(draft.max_face));
  });
}
