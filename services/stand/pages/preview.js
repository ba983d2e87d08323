// What a screen shows, small and in its true shape. Two creatives are never seen at once.

const FADE_MS = 250; // as long as the transition in detail.css
const LOAD_MS = 2_000; // what does not load is shown as far as it is

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
const MAKE = { html: 'iframe', image: 'img', video: 'video' };

export class Preview {
  constructor(box) {
    this.box = box;
    this.empty = box.querySelector('.empty');
    this.shown = null;
    this.number = 0;
    this.commandId = '';
    new ResizeObserver(() => this.scale()).observe(box);
  }

  shape({ width, height }) {
    this.box.style.setProperty('--shape', width / height);
    this.box.style.setProperty('--width', `${width}px`);
    this.box.style.setProperty('--height', `${height}px`);
    this.width = width;
    this.scale();
  }

  scale() {
    this.box.style.setProperty('--scale', this.box.clientWidth / this.width);
  }

  clear() {
    this.number += 1;
    this.commandId = '';
    this.shown = null;
    this.box.replaceChildren(this.empty);
    this.empty.hidden = true;
  }

  show(on) {
    const commandId = on?.command_id ?? '';
    this.empty.hidden = commandId !== '';
    if (commandId === this.commandId) return;
    this.commandId = commandId;
    this.swap(on);
  }

  async swap(on) {
    this.number += 1;
    const { number } = this;
    const next = on ? elementOf(on) : null;
    if (next) {
      const loaded = new Promise((done) => {
        next.addEventListener(on.kind === 'video' ? 'loadeddata' : 'load', done, { once: true });
      });
      this.box.append(next);
      await Promise.race([loaded, pause(LOAD_MS)]);
    }
    if (number !== this.number) {
      next?.remove();
      return;
    }
    const old = this.shown;
    this.shown = next;
    if (old) {
      old.classList.remove('shown');
      await pause(FADE_MS);
      old.remove();
    }
    if (number === this.number) next?.classList.add('shown');
  }
}

function elementOf(on) {
  const element = document.createElement(MAKE[on.kind]);
  element.style.objectFit = on.fit;
  if (on.kind === 'html') Object.assign(element, { sandbox: 'allow-scripts', title: on.creative, tabIndex: -1 });
  if (on.kind === 'image') element.alt = on.creative;
  if (on.kind === 'video') Object.assign(element, { muted: true, autoplay: true, loop: true, ariaLabel: on.creative });
  element.src = on.url;
  return element;
}
