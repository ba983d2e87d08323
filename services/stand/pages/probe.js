// The code of a play in a corner of the picture, for a camera that sees the screen (docs/metrics.md).

const SIDE = 6; // cells, as in vitrine/vision/display_probe.py
const MARGIN = 2; // the black border, and white around it
const SHOWN_MS = 3_000; // chosen, not measured: some pictures of any camera

let timer = 0;

export function showCode(code) {
  hideCode();
  if (code == null) return;
  const canvas = document.querySelector('#probe');
  canvas.width = canvas.height = SIDE + 2 * MARGIN;
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = '#000';
  pen.fillRect(1, 1, SIDE + 2, SIDE + 2);
  pen.fillStyle = '#fff';
  const bits = code.toString(2).padStart(SIDE * SIDE, '0');
  [...bits].forEach((bit, place) => {
    if (bit === '1') pen.fillRect(MARGIN + (place % SIDE), MARGIN + Math.floor(place / SIDE), 1, 1);
  });
  canvas.hidden = false;
  timer = setTimeout(hideCode, SHOWN_MS);
}

export function hideCode() {
  clearTimeout(timer);
  document.querySelector('#probe').hidden = true;
}
