// The stand's events, over a WebSocket: of other streams a browser opens six to a host, for all its
// windows. Opened anew when nothing comes any more.

const SILENCE_MS = 5_000; // the stand gives a sign of life at least every two seconds
const HELLO_MS = 3_000; // a connection that the network forgot answers nothing
const LONGEST_HELLO_MS = 12_000;
const CHECK_MS = 250;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

export class Stream {
  // `listeners` has a function for each event; `renewed` is called when a stream was given up.
  constructor(url, listeners, renewed) {
    this.url = `${location.origin.replace(/^http/, 'ws')}${url}`;
    this.listeners = listeners;
    this.renewed = renewed;
    this.socket = null;
    this.retry = 0;
    this.settle();
    setInterval(() => this.check(), CHECK_MS);
  }

  get closed() { return this.socket === null && this.retry === 0; }

  open() {
    this.close();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.silentMs = performance.now() + this.helloMs;
    socket.onmessage = (message) => {
      if (socket !== this.socket) return;
      this.silentMs = performance.now() + SILENCE_MS;
      const { event, data } = JSON.parse(message.data);
      if (event === 'state') this.settle();
      this.listeners[event]?.(data);
    };
    socket.onclose = () => { if (socket === this.socket) this.reopen(); };
  }

  close() {
    clearTimeout(this.retry);
    this.retry = 0;
    this.socket?.close();
    this.socket = null;
  }

  settle() {
    this.helloMs = HELLO_MS;
    this.pauseMs = FIRST_PAUSE_MS;
  }

  check() {
    if (this.socket && performance.now() > this.silentMs) this.reopen();
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
