// The stand's clocks, as its events tell them over a network that delays each a little.

const BUCKET_MS = 250; // what comes at once after a pause is one word of many
const BUCKETS = 20; // chosen, not measured: five seconds of the page at work

export class StandClock {
  constructor() { this.forget(); }

  forget() {
    this.heard = []; // { bucket, offset }, nanoseconds from this page's clock to the steady one
    this.utc = 0; // nanoseconds from the steady clock to UTC
  }

  get known() { return this.heard.length > 0; }

  hear({ now_ns, steady_ns }) {
    const bucket = Math.floor(performance.now() / BUCKET_MS);
    const offset = steady_ns - performance.now() * 1e6;
    const last = this.heard.at(-1);
    if (last?.bucket === bucket) last.offset = Math.max(last.offset, offset);
    else this.heard.push({ bucket, offset });
    if (this.heard.length > BUCKETS) this.heard.shift();
    // Whoever sets the stand's clock, ahead or back, sets it here with the next event.
    this.utc = now_ns - steady_ns;
  }

  // The clock that nobody sets, as of the event that took least long to arrive.
  steadyNs() {
    const offsets = this.heard.map(({ offset }) => offset);
    return Math.max(...offsets) + performance.now() * 1e6;
  }

  nowNs() { return Math.round(this.utc + this.steadyNs()); }

  ageNs(event) { return this.steadyNs() - event.steady_ns; }
}
