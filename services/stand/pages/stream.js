// The stand's event stream, opened anew when nothing comes any more.

const SILENCE_MS = 5_000; // the stand gives a sign of life at least every two seconds
const HELLO_MS = 3_000; // a connection that the network forgot answers nothing
const LONGEST_HELLO_MS = 12_000;
const CHECK_MS = 250;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

export class Stream {
  // `listeners` has a function for each event; `renewed` is called when a stream was given up.
  constructor(url, listeners, renewed) {
    this.url = url;
    this.listeners = listeners;
    this.renewed = renewed;
    this.source = null;
    this.retry = 0;
    this.settle();
    setInterval(() => this.check(), CHECK_MS);
  }

  get closed() { return this.source === null && this.retry === 0; }

  open() {
    this.close();
    const source = new EventSource(this.url);
    this.source = source;
    this.silentMs = performance.now() + this.helloMs;
    for (const [name, act] of Object.entries(this.listeners)) {
      source.addEventListener(name, (message) => {
        if (source !== this.source) return;
        this.silentMs = performance.now() + SILENCE_MS;
        if (name === 'state') this.settle();
        act(JSON.parse(message.data));
      });
    }
    source.onerror = () => { if (source === this.source) this.reopen(); };
  }

  close() {
    clearTimeout(this.retry);
    this.retry = 0;
    this.source?.close();
    this.source = null;
  }

  settle() {
    this.helloMs = HELLO_MS;
    this.pauseMs = FIRST_PAUSE_MS;
  }

  check() {
    if (this.source && performance.now() > this.silentMs) this.reopen();
  }

  // Pauses grow and differ, so that the screens of a mall do not come back all at once.
  reopen() {
    this.close();
    this.renewed();
    this.retry = setTimeout(() => this.open(), this.pauseMs * (0.5 + Math.random()));
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    this.helloMs = Math.min(this.helloMs * 1.5, LONGEST_HELLO_MS);
  }
}
