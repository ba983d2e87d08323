// Draws what was measured over a picture. Sizes are CSS pixels; faces are in pixels of the JPEG.

import { STYLE } from './style.js';

export const COLOURS = STYLE.colours;

const FONT = '"Helvetica Neue", "Liberation Sans", Inter, Arial, sans-serif';
// A narrower picture has no room for the words at the ruler.
const LABELLED_ZONE_PX = 460;

export function statusOf(face) {
  if (face.score === undefined) return 'aside';
  return face.attending ? 'looking' : 'here';
}

// A name of three characters, from the time and the number at the end of a track's id: the same for everybody.
export function nameOf(track) {
  const [began, number] = track.split('-').slice(-2);
  if (!/^\d+$/.test(began)) return track;
  const ms = BigInt(began) / 1000000n + BigInt(number) * 7n;
  return (ms % 46656n).toString(36).padStart(3, '0');
}

export function draw(canvas, shot, camera, layers) {
  const ratio = canvas.width / Math.max(1, canvas.clientWidth);
  const pen = canvas.getContext('2d');
  const { view, bitmap } = shot;
  const scale = canvas.width / ratio / view.width;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = bitmap ? COLOURS.ground : '#2a2f3a';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (bitmap && layers.picture) pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const size = { width: view.width * scale, height: view.height * scale };
  if (layers.mask) drawMask(pen, camera.mask, size);
  if (layers.zone) drawZone(pen, camera, size);
  for (const face of view.faces) {
    const colour = COLOURS[statusOf(face)];
    if (layers.points) drawPoints(pen, face.points, scale, colour);
    if (layers.boxes) drawBox(pen, face, scale, colour);
    if (layers.gaze) drawGaze(pen, face, scale, colour);
    if (layers.axes) drawAxes(pen, face, scale);
  }
  // Labels last, so that no line of a neighbour crosses them.
  if (layers.labels) for (const face of view.faces) drawLabel(pen, face, scale, size, layers.details);
}

function drawPoints(pen, points, scale, colour) {
  pen.lineWidth = 1;
  pen.strokeStyle = COLOURS.curve;
  pen.beginPath();
  for (const [first, last, closed] of STYLE.curves) {
    pen.moveTo(points[2 * first] * scale, points[2 * first + 1] * scale);
    for (let i = first + 1; i <= last; i += 1) pen.lineTo(points[2 * i] * scale, points[2 * i + 1] * scale);
    if (closed) pen.lineTo(points[2 * first] * scale, points[2 * first + 1] * scale);
  }
  pen.stroke();
  pen.fillStyle = colour;
  const width = (points[2 * 16] - points[0]) * scale;
  const dot = Math.min(STYLE.most_dot, Math.max(STYLE.least_dot, Math.abs(width) / STYLE.face_widths_per_dot));
  for (let i = 0; i < points.length; i += 2) {
    pen.beginPath();
    pen.arc(points[i] * scale, points[i + 1] * scale, dot, 0, 7);
    pen.fill();
  }
}

function drawBox(pen, face, scale, colour) {
  const [x, y, width, height] = face.box.map((value) => value * scale);
  pen.strokeStyle = colour;
  pen.lineWidth = STYLE.box_width;
  pen.setLineDash(statusOf(face) === 'aside' ? [STYLE.dash, STYLE.dash] : []);
  pen.beginPath();
  pen.roundRect(x, y, width, height, Math.min(STYLE.corner, width / 6));
  pen.stroke();
  pen.setLineDash([]);
  // How strong the expression is, as a bar at the right edge.
  if (face.response > STYLE.least_response) {
    const edge = x + width + STYLE.response_gap;
    pen.strokeStyle = COLOURS.response;
    pen.lineWidth = STYLE.response_width;
    pen.lineCap = 'round';
    pen.beginPath();
    pen.moveTo(edge, y + height);
    pen.lineTo(edge, y + height * (1 - face.response));
    pen.stroke();
    pen.lineCap = 'butt';
  }
}

const eyesOf = (points, scale) => {
  const eyes = { x: 0, y: 0 };
  for (let i = 36; i <= 47; i += 1) {
    eyes.x += points[2 * i] * scale / 12;
    eyes.y += points[2 * i + 1] * scale / 12;
  }
  return eyes;
};

// The axes of the head from between the eyes, half the face's height long: to the picture's right, down, out of the face.
// They are the columns of Ry(-yaw) Rx(-pitch) Rz(roll), as in the pose of `vision`.
export function axesOf(face) {
  const [y, p, r] = [-face.yaw, -face.pitch, face.roll].map((degrees) => degrees * Math.PI / 180);
  const [sy, cy, sp, cp, sr, cr] = [Math.sin(y), Math.cos(y), Math.sin(p), Math.cos(p), Math.sin(r), Math.cos(r)];
  const right = [cy * cr + sy * sp * sr, cp * sr];
  const down = [-cy * sr + sy * sp * cr, cp * cr];
  return [right, down, [-sy * cp, sp]];
}

function drawAxes(pen, face, scale) {
  const eyes = eyesOf(face.points, scale);
  const length = Math.max(STYLE.least_gaze, face.box[3] * scale / 2);
  pen.lineWidth = STYLE.gaze_width;
  axesOf(face).forEach(([x, y], i) => {
    pen.strokeStyle = COLOURS.axes[i];
    pen.beginPath();
    pen.moveTo(eyes.x, eyes.y);
    pen.lineTo(eyes.x + length * x, eyes.y + length * y);
    pen.stroke();
  });
}

// The direction of the head: yaw > 0 to the picture's right, pitch > 0 up, as of a rod that stands out of the face.
function drawGaze(pen, face, scale, colour) {
  const eyes = eyesOf(face.points, scale);
  const length = Math.max(STYLE.least_gaze, face.box[3] * scale);
  const yaw = face.yaw * Math.PI / 180;
  const pitch = face.pitch * Math.PI / 180;
  const tip = {
    x: eyes.x + length * Math.sin(yaw) * Math.cos(pitch),
    y: eyes.y - length * Math.sin(pitch),
  };
  const reach = Math.hypot(tip.x - eyes.x, tip.y - eyes.y);
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = STYLE.gaze_width;
  pen.beginPath();
  pen.arc(eyes.x, eyes.y, 3, 0, 7);
  pen.fill();
  if (reach < 6) return;
  const angle = Math.atan2(tip.y - eyes.y, tip.x - eyes.x);
  const head = Math.min(9, reach / 2);
  pen.beginPath();
  pen.moveTo(eyes.x, eyes.y);
  pen.lineTo(tip.x - head * 0.7 * Math.cos(angle), tip.y - head * 0.7 * Math.sin(angle));
  pen.stroke();
  pen.beginPath();
  pen.moveTo(tip.x, tip.y);
  pen.lineTo(tip.x - head * Math.cos(angle - 0.45), tip.y - head * Math.sin(angle - 0.45));
  pen.lineTo(tip.x - head * Math.cos(angle + 0.45), tip.y - head * Math.sin(angle + 0.45));
  pen.fill();
}

// What a label says of a face: text and colour. With `details`, also the detector's confidence and the expression.
export function labelOf(face, details) {
  const parts = [[nameOf(face.track), COLOURS.ink]];
  if (face.score !== undefined) parts.push([String(face.score), COLOURS[statusOf(face)]]);
  if (face.known) parts.push(['known', COLOURS.known]);
  if (!details) return parts;
  parts.push([`face ${Math.round(face.found * 100)}%`, COLOURS.aside]);
  if (face.shown !== undefined) parts.push([`expression ${Math.round(face.shown * 100)}%`, COLOURS.response]);
  return parts;
}

function drawLabel(pen, face, scale, size, details) {
  const [x, y, width, height] = face.box.map((value) => value * scale);
  if (height < STYLE.labelled_height) return;
  const high = STYLE.label_height;
  const gap = STYLE.label_gap;
  const parts = labelOf(face, details);
  pen.font = `600 ${STYLE.label_size}px ${FONT}`;
  let length = gap;
  for (const [text] of parts) length += pen.measureText(text).width + gap;
  const left = Math.min(Math.max(0, x + (width - length) / 2), Math.max(0, size.width - length));
  const above = y - high - 5;
  const top = above > 0 ? above : Math.min(y + height + 4, size.height - high - 1);
  pen.fillStyle = COLOURS.label;
  pen.beginPath();
  pen.roundRect(left, top, length, high, 6);
  pen.fill();
  if (face.score !== undefined) {
    pen.fillStyle = COLOURS[statusOf(face)];
    pen.fillRect(left + 5, top + high - 2.5, (length - 10) * face.score / 100, 1.5);
  }
  let at = left + gap;
  pen.textBaseline = 'middle';
  for (const [text, colour] of parts) {
    pen.fillStyle = colour;
    pen.fillText(text, at, top + high / 2 - 0.5);
    at += pen.measureText(text).width + gap;
  }
}

function drawMask(pen, mask, size) {
  if (!mask.length) return;
  pen.save();
  pen.beginPath();
  mask.forEach(([x, y], i) => pen[i ? 'lineTo' : 'moveTo'](x * size.width, y * size.height));
  pen.closePath();
  pen.strokeStyle = 'rgb(163 168 184 / 70%)';
  pen.lineWidth = 1.5;
  pen.stroke();
  pen.clip();
  pen.strokeStyle = 'rgb(163 168 184 / 22%)';
  pen.beginPath();
  for (let x = -size.height; x < size.width; x += 14) {
    pen.moveTo(x, size.height);
    pen.lineTo(x + size.height, 0);
  }
  pen.stroke();
  pen.restore();
}

// The heights between which a face is at the stand, as a ruler at the lower right.
function drawZone(pen, camera, size) {
  const base = size.height - 12;
  const least = camera.min_face * size.height;
  const most = Math.min(camera.max_face * size.height, base - 8);
  const x = size.width - 14;
  pen.strokeStyle = 'rgb(242 240 234 / 60%)';
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const y of [base, base - least, base - most]) {
    pen.moveTo(x - 5, y);
    pen.lineTo(x + 5, y);
  }
  pen.moveTo(x, base - least);
  pen.lineTo(x, base - most);
  pen.stroke();
  pen.setLineDash([2, 3]);
  pen.beginPath();
  pen.moveTo(x, base);
  pen.lineTo(x, base - least);
  pen.stroke();
  pen.setLineDash([]);
  if (size.width < LABELLED_ZONE_PX) return;
  pen.font = `11px ${FONT}`;
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  pen.fillStyle = 'rgb(242 240 234 / 75%)';
  pen.fillText(`largest face ${percent(camera.max_face)}`, x - 10, base - most);
  pen.fillText(`smallest ${percent(camera.min_face)}`, x - 10, Math.min(base - least, base - 2));
  pen.textAlign = 'left';
}

const percent = (share) => `${Math.round(share * 100)}\u00a0%`;
