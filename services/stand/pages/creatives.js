// Creatives, from their files to the page. Each of them is somebody else's: it may be broken in any way.

const LIMIT_MS = 1_700; // with the way to the stand and back, the next one is there within two seconds

const BEGIN_MS = 4_000; // for the browser's own work, on a machine that is busy
const UNTOLD_MS = 250; // chosen, not measured

class Unshowable extends Error {
  constructor(reason, message) {
    super(message);
    this.reason = reason; // as the stand knows it
  }
}

const after = (ms) => new Promise((_, no) => {
  setTimeout(no, ms, new Unshowable('takes-too-long', `not loaded within ${ms} ms`));
});
const limited = (promise, ms) => Promise.race([promise, after(ms)]);

const once = (element, good) => new Promise((yes, no) => {
  const broken = new Unshowable('does-not-load', 'damaged, or of an unknown format');
  element.addEventListener(good, yes, { once: true });
  element.addEventListener('error', () => no(broken), { once: true });
});

// Resolves when the creative says that it is loaded, and rejects when a script of it fails before; see watched_files.py.
const told = (frame, over) => new Promise((yes, no) => {
  const hear = ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    if (data?.vitrine === 'begun') after(LIMIT_MS).catch(no);
    if (data?.vitrine === 'loaded') yes();
    if (data?.vitrine === 'throws') no(new Unshowable('throws', 'an error in its script'));
  };
  window.addEventListener('message', hear, { signal: over });
});

// What the creative says may come a little after the event of its frame; the house page says nothing.
const loadedUntold = async (frame) => {
  await once(frame, 'load');
  await new Promise((yes) => setTimeout(yes, UNTOLD_MS));
};

// Fetches a creative, so that it can begin at once; an HTML page itself starts only when it is shown.
export async function preload({ kind, url }) {
  if (kind === 'html') {
    const response = await fetch(url);
    if (!response.ok) throw new Unshowable('does-not-load', `status ${response.status}`);
    return null;
  }
  const element = document.createElement(kind === 'image' ? 'img' : 'video');
  if (kind === 'video') Object.assign(element, { muted: true, loop: true, playsInline: true, preload: 'auto' });
  const loaded = once(element, kind === 'image' ? 'load' : 'canplay');
  element.src = url;
  await loaded;
  return element;
}

// Puts a prepared creative into the page, unseen, unless it was dropped before; `next.element` is there to be removed.
export async function mount(next, stage) {
  const prepared = await limited(next.ready, LIMIT_MS);
  if (next.dropped) return;
  if (next.event.kind === 'html') {
    await mountFrame(next, stage);
    return;
  }
  next.element = prepared;
  prepared.classList.add(next.event.fit);
  stage.append(prepared);
  if (next.event.kind === 'video') await limited(prepared.play(), LIMIT_MS);
}

async function mountFrame(next, stage) {
  const frame = document.createElement('iframe');
  // What the browser keeps is shut in by its own policy; from a frame that is, nobody could ask for it.
  if (!next.event.licence) frame.sandbox = 'allow-scripts';
  frame.title = next.event.title;
  next.element = frame;
  const over = new AbortController();
  const said = told(frame, over.signal);
  const loaded = loadedUntold(frame);
  frame.src = next.event.url;
  stage.append(frame);
  try {
    await limited(Promise.race([said, loaded]), BEGIN_MS);
  } finally {
    over.abort();
  }
}
