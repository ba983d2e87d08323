// What the console's tiles and its detail share: words for figures.

export const UNKNOWN = '–';

export function set(root, name, text) {
  const element = root.querySelector(`[data-of=${name}]`);
  if (element.textContent !== String(text)) element.textContent = text;
  return element;
}

export const percent = (share) => `${Math.round(share * 100)} %`;

export const clock = (ns, timeZone) => new Date(ns / 1e6).toLocaleTimeString('en-GB', { timeZone });

export function age(ns, nowNs) {
  if (ns === null) return UNKNOWN;
  const seconds = Math.max(0, Math.round((nowNs - ns) / 1e9));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

export function setFigures(root, stand, nowNs) {
  set(root, 'people', stand.people ?? UNKNOWN);
  set(root, 'attending', stand.attending ?? UNKNOWN);
  set(root, 'engagement', stand.engagement === null ? UNKNOWN : Math.round(stand.engagement));
  set(root, 'proof', age(stand.proof_ns, nowNs));
}

export function setProgress(root, on, nowNs) {
  const part = on ? Math.min(1, Math.max(0, (nowNs - on.since_ns) / 1e9 / on.seconds)) : 0;
  root.querySelector('.progress i').style.transform = `scaleX(${part})`;
}
