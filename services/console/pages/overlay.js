// Draws what was measured over a picture. Sizes are CSS pixels; faces are in pixels of the JPEG.

export const COLOURS = {
  looking: '#ffb35c', here: '#7ea2ff', aside: '#a3a8b8', known: '#58d6a0', response: '#ff8fc7',
  ground: '#0b0d13', ink: '#f2f0ea', label: 'rgb(11 13 19 / 82%)',
};

// The lines of the 68 points (iBUG): first, last, closed.
const CURVES = [
  [0, 16], [17, 21], [22, 26], [27, 30], [31, 35], [36, 41, true], [42, 47, true], [48, 59, true], [60, 67, true],
];
const FONT = '"Helvetica Neue", "Liberation Sans", Inter, Arial, sans-serif';
// Labels of smaller faces would hide them.
const LABELLED_PX = 26;
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
  }
  // Labels last, so that no line of a neighbour crosses them.
  if (layers.labels) for (const face of view.faces) drawLabel(pen, face, scale, size);
}

function drawPoints(pen, points, scale, colour) {
  pen.lineWidth = 1;
  pen.strokeStyle = 'rgb(242 240 234 / 45%)';
  pen.beginPath();
  for (const [first, last, closed] of CURVES) {
    pen.moveTo(points[2 * first] * scale, points[2 * first + 1] * scale);
    for (let i = first + 1; i <= last; i += 1) pen.lineTo(points[2 * i] * scale, points[2 * i + 1] * scale);
    if (closed) pen.lineTo(points[2 * first] * scale, points[2 * first + 1] * scale);
  }
  pen.stroke();
  pen.fillStyle = colour;
  const width = (points[2 * 16] - points[0]) * scale;
  const dot = Math.min(2, Math.max(0.7, Math.abs(width) / 90));
  for (let i = 0; i < points.length; i += 2) {
    pen.beginPath();
    pen.arc(points[i] * scale, points[i + 1] * scale, dot, 0, 7);
    pen.fill();
  }
}

function drawBox(pen, face, scale, colour) {
  const [x, y, width, height] = face.box.map((value) => value * scale);
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.setLineDash(statusOf(face) === 'aside' ? [5, 5] : []);
  pen.beginPath();
  pen.roundRect(x, y, width, height, Math.min(10, width / 6));
  pen.stroke();
  pen.setLineDash([]);
  // How strong the expression is, as a bar at the right edge.
  if (face.response > 0.02) {
    pen.strokeStyle = COLOURS.response;
    pen.lineWidth = 4;
    pen.lineCap = 'round';
    pen.beginPath();
    pen.moveTo(x + width + 6, y + height);
    pen.lineTo(x + width + 6, y + height * (1 - face.response));
    pen.stroke();
    pen.lineCap = 'butt';
  }
}

// The direction of the head: yaw > 0 to the picture's right, pitch > 0 up, as of a rod that stands out of the face.
function drawGaze(pen, face, scale, colour) {
  const eyes = { x: 0, y: 0 };
  for (let i = 36; i <= 47; i += 1) {
    eyes.x += face.points[2 * i] * scale / 12;
    eyes.y += face.points[2 * i + 1] * scale / 12;
  }
  const length = Math.max(18, face.box[3] * scale);
  const yaw = face.yaw * Math.PI / 180;
  const pitch = face.pitch * Math.PI / 180;
  const tip = {
    x: eyes.x + length * Math.sin(yaw) * Math.cos(pitch),
    y: eyes.y - length * Math.sin(pitch),
  };
  const reach = Math.hypot(tip.x - eyes.x, tip.y - eyes.y);
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = 2.5;
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

function drawLabel(pen, face, scale, size) {
  const [x, y, width, height] = face.box.map((value) => value * scale);
  if (height < LABELLED_PX) return;
  const status = statusOf(face);
  const parts = [[nameOf(face.track), COLOURS.ink]];
  if (face.score !== undefined) parts.push([String(face.score), COLOURS[status]]);
  if (face.known) parts.push(['known', COLOURS.known]);
  pen.font = `600 12px ${FONT}`;
  const gap = 7;
  let length = gap;
  for (const [text] of parts) length += pen.measureText(text).width + gap;
  const left = Math.min(Math.max(0, x + (width - length) / 2), Math.max(0, size.width - length));
  const top = y > 24 ? y - 24 : Math.min(y + height + 4, size.height - 20);
  pen.fillStyle = COLOURS.label;
  pen.beginPath();
  pen.roundRect(left, top, length, 19, 6);
  pen.fill();
  if (face.score !== undefined) {
    pen.fillStyle = COLOURS[status];
    pen.fillRect(left + 5, top + 16.5, (length - 10) * face.score / 100, 1.5);
  }
  let at = left + gap;
  pen.textBaseline = 'middle';
  for (const [text, colour] of parts) {
    pen.fillStyle = colour;
    pen.fillText(text, at, top + 9);
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
