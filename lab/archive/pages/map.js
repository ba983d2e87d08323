// The map of all faces: small pictures where there is room, dots where there is not.

import { element, face } from './parts.js';

const ROOM = 46; // Pixels between neighbours from which faces are drawn as pictures.
const REACH = 18;
const MARGIN = 0.06;

export function drawMap(faces, titles) {
  const canvas = element('canvas', { role: 'img', ariaLabel: 'Map of all faces' });
  const tip = element('div', { id: 'tip', hidden: true });
  const box = element('div', { id: 'map' }, canvas, tip);
  const state = { scale: 1, x: 0, y: 0, pictures: new Map(), queued: false };
  const redraw = () => {
    if (state.queued) return;
    state.queued = true;
    requestAnimationFrame(() => {
      state.queued = false;
      paint(canvas, faces, state, redraw);
    });
  };
  new ResizeObserver(redraw).observe(box);
  listen(canvas, tip, faces, titles, state, redraw);
  return box;
}

function place(canvas, state, [, , x, y]) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const share = (value) => MARGIN + (1 - 2 * MARGIN) * value;
  return [state.x + state.scale * share(x) * width, state.y + state.scale * share(y) * height];
}

function paint(canvas, faces, state, redraw) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const dense = devicePixelRatio || 1;
  canvas.width = width * dense;
  canvas.height = height * dense;
  const pen = canvas.getContext('2d');
  pen.scale(dense, dense);
  const area = (width * height * state.scale ** 2) / faces.length;
  const side = Math.min(64, 0.62 * Math.sqrt(area));
  for (const each of faces) {
    const [x, y] = place(canvas, state, each);
    if (x < -40 || y < -40 || x > width + 40 || y > height + 40) continue;
    if (side < ROOM * 0.6) dot(pen, x, y, each[1]);
    else picture(pen, x, y, side, each, state, redraw);
  }
}

function dot(pen, x, y, person) {
  pen.fillStyle = colour(person);
  pen.beginPath();
  pen.arc(x, y, 4, 0, 2 * Math.PI);
  pen.fill();
}

function picture(pen, x, y, side, [id, person], state, redraw) {
  let shown = state.pictures.get(id);
  if (!shown) {
    shown = face(id, '');
    shown.loading = 'eager';
    shown.onload = redraw;
    state.pictures.set(id, shown);
  }
  if (!shown.complete || !shown.naturalWidth) {
    dot(pen, x, y, person);
    return;
  }
  pen.save();
  pen.beginPath();
  pen.arc(x, y, side / 2, 0, 2 * Math.PI);
  pen.clip();
  pen.drawImage(shown, x - side / 2, y - side / 2, side, side);
  pen.restore();
  pen.strokeStyle = colour(person);
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.arc(x, y, side / 2, 0, 2 * Math.PI);
  pen.stroke();
}

// The golden angle keeps the colours of neighbouring numbers apart.
function colour(person) {
  return person ? `hsl(${(person * 137.5) % 360} 70% 66%)` : '#596074';
}

function listen(canvas, tip, faces, titles, state, redraw) {
  let drag = null;
  let moved = false;
  const nearest = (event) => {
    let best = null;
    let least = REACH + 8 * state.scale;
    for (const each of faces) {
      const [x, y] = place(canvas, state, each);
      const distance = Math.hypot(x - event.offsetX, y - event.offsetY);
      if (distance < least) {
        best = each;
        least = distance;
      }
    }
    return best;
  };
  canvas.onpointerdown = (event) => {
    drag = [event.offsetX - state.x, event.offsetY - state.y];
    moved = false;
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    if (drag) {
      moved ||= Math.abs(event.offsetX - drag[0] - state.x) + Math.abs(event.offsetY - drag[1] - state.y) > 4;
      state.x = event.offsetX - drag[0];
      state.y = event.offsetY - drag[1];
      redraw();
      return;
    }
    showTip(canvas, tip, nearest(event), titles, state);
  };
  canvas.onpointerup = (event) => {
    drag = null;
    const each = nearest(event);
    if (!moved && each?.[1]) location.hash = `#person/${each[1]}`;
  };
  canvas.onpointerleave = () => { tip.hidden = true; };
  canvas.onwheel = (event) => {
    event.preventDefault();
    const factor = Math.exp(-event.deltaY / 400);
    const scale = Math.min(40, Math.max(1, state.scale * factor));
    const real = scale / state.scale;
    state.x = event.offsetX - real * (event.offsetX - state.x);
    state.y = event.offsetY - real * (event.offsetY - state.y);
    state.scale = scale;
    redraw();
  };
}

function showTip(canvas, tip, each, titles, state) {
  tip.hidden = !each;
  if (!each) return;
  const [x, y] = place(canvas, state, each);
  tip.replaceChildren(face(each[0], ''), titles.get(each[1]) ?? 'nobody');
  tip.style.left = `${Math.min(x + 14, canvas.clientWidth - 160)}px`;
  tip.style.top = `${Math.min(y + 14, canvas.clientHeight - 170)}px`;
}
