// What the player has to tell the stand, kept in the browser until the stand has it.

const BATCH = 50;

export class Reports {
  constructor(standId) {
    this.standId = standId;
    this.prefix = `vitrine/${standId}/`;
    this.narrow = false;
    this.busy = false;
    this.delay = 500;
  }

  play(report) { this.keep(`plays/${report.play_id}`, report); }

  interaction(report) { this.keep(`interactions/${report.interaction_id}`, report); }

  keep(name, report) {
    localStorage.setItem(this.prefix + name, JSON.stringify(report));
    this.flush();
  }

  kept(kind) {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(`${this.prefix}${kind}/`))
      .map((key) => ({ key, report: JSON.parse(localStorage.getItem(key)) }));
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    try {
      while (await this.send()) this.delay = 500;
    } catch {
      setTimeout(() => this.flush(), this.delay);
      this.delay = Math.min(this.delay * 2, 10_000);
    } finally {
      this.busy = false;
    }
  }

  // Sends what is oldest; false when nothing is left. Throws when it has to be tried again later.
  async send() {
    const plays = this.kept('plays').sort((a, b) => a.report.start_ns - b.report.start_ns);
    const batch = plays.length ? plays.slice(0, this.narrow ? 1 : BATCH) : this.kept('interactions').slice(0, 1);
    if (!batch.length) return false;
    const reports = batch.map((item) => item.report);
    const response = await fetch(`/stands/${this.standId}/${plays.length ? 'plays' : 'interactions'}`, {
      method: 'POST',
      keepalive: true,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(plays.length ? { plays: reports } : reports[0]),
    });
    // A malformed report can never be accepted: find it by sending one at a time, and drop it alone.
    const malformed = response.status === 422 || response.status === 404;
    if (!response.ok && !malformed) throw new Error(`status ${response.status}`);
    if (!malformed || batch.length === 1) batch.forEach((item) => localStorage.removeItem(item.key));
    this.narrow = malformed;
    return true;
  }
}
