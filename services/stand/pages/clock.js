// The stand's clocks, as its events tell them over a network that delays each a little.

const BUCKET_MS = 250; // what comes at once after a pause is one word of many
const BUCKETS = 20; // chosen, not measured: five seconds of the page at work

export class StandClock {
  constructor() { this.forget(); }

  forget() {
    this.heard = []; // { bucket, offset }, nanoseconds from this page's clock to the steady one
  }

  hear({ steady_ns, now_ns }) {
    this.utcOffsetMs = now_ns / 1e6 - performance.now();
    const bucket = Math.floor(performance.now() / BUCKET_MS);
    const offset = steady_ns - performance.now() * 1e6;
    const last = this.heard.at(-1);
    if (last?.bucket === bucket) last.offset = Math.max(last.offset, offset);
    else this.heard.push({ bucket, offset });
    if (this.heard.length > BUCKETS) this.heard.shift();
  }

  // The stand's UTC, once it was heard, at a time of this page's clock; in whole milliseconds.
  utcMs(atMs) { return Math.round(atMs + this.utcOffsetMs); }

  // As of the event that took least long to arrive.
  steadyNs() {
    const offsets = this.heard.map(({ offset }) => offset);
    return Math.max(...offsets) + performance.now() * 1e6;
  }

  ageNs(event) { return this.steadyNs() - event.steady_ns; }
}
