// The stand's clocks, as its events tell them over a network that delays each a little.

const BUCKET_MS = 250; // what comes at once after a pause is one word of many
const BUCKETS = 20; // chosen, not measured: five seconds of the page at work

export class StandClock {
  constructor() {
    // From this page's clock to the stand's UTC; as it was last time, until the stand is heard.
    this.utcOffsetMs = Date.now() + Number(store.get(OFFSET) ?? 0) - performance.now();
    this.forget();
  }

  forget() {
    this.heard = []; // { bucket, offset }, nanoseconds from this page's clock to the steady one
  }

  hear({ steady_ns }) {
    const bucket = Math.floor(performance.now() / BUCKET_MS);
    const offset = steady_ns - performance.now() * 1e6;
    const last = this.heard.at(-1);
    if (last?.bucket === bucket) last.offset = Math.max(last.offset, offset);
    else this.heard.push({ bucket, offset });
    if (this.heard.length > BUCKETS) this.heard.shift();
  }

  hearUtc(nowMs) {
    this.utcOffsetMs = nowMs - performance.now();
    const offset = nowMs - Date.now();
    const kept = Number(store.get(OFFSET) ?? NaN);
    if (!(Math.abs(offset - kept) < WORTH_KEEPING_MS)) store.put(OFFSET, `${Math.round(offset)}`);
  }

  // The stand's UTC at a time of this page's clock, in whole milliseconds.
  utcMs(atMs = performance.now()) {
    return Math.round(atMs + this.utcOffsetMs);
  }

  // As of the event that took least long to arrive.
  steadyNs() {
    const offsets = this.heard.map(({ offset }) => offset);
    return Math.max(...offsets) + performance.now() * 1e6;
  }

  ageNs(event) { return this.steadyNs() - event.steady_ns; }
}
