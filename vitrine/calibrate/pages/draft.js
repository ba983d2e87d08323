// What was drawn and measured on this page, beside what the files say.

const FIELDS = ['yaw', 'pitch', 'half_yaw', 'half_pitch'];

export const draft = { mask: [], min_face: 0, max_face: 1, cone: {} };
let inForce = null;
const listeners = [];

export const $ = (selector) => document.querySelector(selector);
export const onChange = (listener) => { listeners.push(listener); };

// Tells all parts of the page that the draft changed; `by` is who changed it.
export function changed(by = '') {
  for (const listener of listeners) listener(by);
}

// Takes the draft from what the files say, at first and after they were written.
export function begin(camera) {
  inForce = camera;
  draft.mask = camera.mask.map(([x, y]) => [x, y]);
  draft.min_face = camera.min_face;
  draft.max_face = camera.max_face;
  draft.cone = { ...camera.cone };
  changed();
}

export const begun = () => inForce !== null;
export const coneInForce = () => inForce?.cone;

// What differs from the files; what is as it was is left out.
export function difference() {
  const found = {};
  if (JSON.stringify(draft.mask) !== JSON.stringify(inForce.mask)) found.mask = draft.mask;
  if (draft.min_face !== inForce.min_face || draft.max_face !== inForce.max_face) {
    found.zone = { min_face: draft.min_face, max_face: draft.max_face };
  }
  if (FIELDS.some((name) => draft.cone[name] !== inForce.cone[name])) found.cone = draft.cone;
  return found;
}

export const rounded = (value, digits) => Number(value.toFixed(digits));
export const within = (value, least, most) => Math.min(most, Math.max(least, value));

export function element(name, attributes = {}, text = '') {
  const svg = ['polygon', 'rect', 'circle', 'text', 'line'].includes(name);
  const made = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}
