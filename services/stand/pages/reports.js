// What the player has to tell the stand, kept in the browser until the stand has it.

import * as store from './store.js';

const BATCH = 20; // with the longest tokens below the 64 kB that a browser sends with `keepalive`
const ANSWER_MS = 8_000; // longer than the stand takes to say that the bus is away
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
const WRONG_NS = 1e9; // chosen, not measured: a clock that is off by less is no reason to date anew
const MOST_REFUSED = 50; // chosen, not measured: some 75 kB of the 5 MB that a browser gives

const byStart = (a, b) => a.report.start_ns - b.report.start_ns;

export class Reports {
  // `keeping` tells what the page could show without the stand.
  constructor(standId, keeping) {
    this.standId = standId;
    this.keeping = keeping;
    this.prefix = `vitrine/${standId}/`;
    this.undated = []; // plays of before the stand's clock was heard; null afterwards
    this.narrow = false;
    this.busy = false;
    this.delay = FIRST_DELAY_MS;
    this.retry = 0;
    this.sending = new AbortController();
  }

  // Takes how to report a play by when it began, and that play: its start, also by the page's clock, and its licence.
  play(reportOf, play) {
    const { key } = this.keepPlay(reportOf(play.startNs));
    this.undated?.push({ key, reportOf, play });
  }

  // Dates plays again that began before the stand's clock was heard. Until the disk has their new names nothing is sent:
  // a browser that is killed before would send them under the old names again.
  async date(utcNs) {
    const moved = [];
    for (const { key, reportOf, play } of this.undated ?? []) {
      const beganNs = this.beganNs(play, utcNs);
      if (beganNs !== play.startNs) moved.push(this.keepPlay(reportOf(beganNs), key).kept);
    }
    if (this.undated) {
      this.undated = null;
      this.busy = true;
      await Promise.all(moved);
      this.busy = false;
    }
    this.flush();
  }

  // When a play began, by the stand's clock. If that was set meanwhile, the play may seem to be of a time for which its
  // licence does not stand, or of one that was handed in; then it keeps the time that it has.
  beganNs({ licence, startNs, startMs }, utcNs) {
    const beganNs = utcNs(startMs);
    if (Math.abs(beganNs - startNs) < WRONG_NS) return startNs;
    if (licence && (beganNs < Math.max(licence.from_ns, this.handedInNs) || beganNs >= licence.until_ns)) return startNs;
    return beganNs;
  }

  // End of the last play that the stand has.
  get handedInNs() { return Number(store.get(`${this.prefix}handed-in`) ?? 0); }

  // A licence serves many plays: its token is kept once. Names begin with the time, so that they sort. Returns the name,
  // and when the disk has it, in the place of another one.
  keepPlay({ token, licence, ...report }, instead = null) {
    if (licence) store.put(`${this.prefix}tokens/${licence}`, token);
    const kept = licence ? { licence, ...report } : { token, ...report };
    const key = `plays/${report.start_ns}/${report.play_id}`;
    return { key, kept: this.keep(key, kept, instead) };
  }

  interaction(report) { this.keep(`interactions/${store.newId()}`, report); }

  // Told once and not kept: without an answer the stand decides anew when the time is over.
  async failure(report) {
    try {
      await fetch(`/stands/${this.standId}/failures`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(report),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
    } catch (error) {
      console.warn(`the stand was not told: ${error.message}`);
    }
  }

  keep(name, report, instead = null) {
    const kept = store.put(this.prefix + name, JSON.stringify(report), instead && this.prefix + instead);
    this.flush();
    return kept;
  }

  names(kind) {
    return store.names().filter((key) => key.startsWith(`${this.prefix}${kind}/`)).sort();
  }

  kept(kind, most) {
    return this.names(kind).slice(0, most).map((key) => ({ key, report: this.read(key) }));
  }

  read(key) {
    const { licence, ...report } = JSON.parse(store.get(key));
    return licence ? { ...report, token: store.get(`${this.prefix}tokens/${licence}`) } : report;
  }

  // Refused reports stay until somebody has seen them; the oldest make room, and are counted.
  refuse({ key, report }, code) {
    store.put(`${this.prefix}refused/${report.play_id}`, JSON.stringify({ code, ...report }));
    store.drop(key);
    const surplus = this.kept('refused').sort(byStart).slice(0, -MOST_REFUSED);
    surplus.forEach((item) => store.drop(item.key));
    this.forgotten += surplus.length;
  }

  get forgotten() { return Number(store.get(`${this.prefix}forgotten`) ?? 0); }

  set forgotten(count) {
    if (count) store.put(`${this.prefix}forgotten`, `${count}`);
    else store.drop(`${this.prefix}forgotten`);
  }

  refusals() {
    const kept = this.kept('refused');
    const count = kept.length + this.forgotten;
    return count ? { count, reasons: [...new Set(kept.map(({ report }) => report.code))] } : undefined;
  }

  // Somebody saw so many; what was refused since stays.
  seen(count) {
    const kept = this.kept('refused').sort(byStart).slice(0, Math.max(0, count - this.forgotten));
    kept.forEach((item) => store.drop(item.key));
    this.forgotten = 0;
  }

  async flush() {
    if (this.busy || this.undated) return;
    this.busy = true;
    clearTimeout(this.retry);
    try {
      while (await this.send()) this.delay = FIRST_DELAY_MS;
    } catch {
      this.retry = setTimeout(() => this.flush(), this.delay);
      this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
    } finally {
      this.busy = false;
    }
  }

  // Gives up the request that waits on a connection which the network may have forgotten.
  renew() {
    this.delay = FIRST_DELAY_MS;
    this.sending.abort();
  }

  // Plays, and what the stand ought to know of this page; `alone` there is nothing that can be malformed.
  about(plays, alone) {
    if (alone) return { plays, kept: store.keeps() };
    return { plays, kept: store.keeps(), refused: this.refusals(), files: this.keeping() };
  }

  // Sends what is oldest; false when nothing is left. Throws when it has to be tried again later.
  async send() {
    const alone = this.narrow;
    const plays = this.kept('plays', alone ? 1 : BATCH);
    if (!plays.length) this.names('tokens').forEach(store.drop);
    const batch = plays.length ? plays : this.kept('interactions', 1);
    if (!batch.length) return false;
    const reports = batch.map((item) => item.report);
    this.sending = new AbortController();
    const response = await fetch(`/stands/${this.standId}/${plays.length ? 'plays' : 'interactions'}`, {
      method: 'POST',
      keepalive: true,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(plays.length ? this.about(reports, alone) : reports[0]),
      signal: AbortSignal.any([this.sending.signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    if (response.ok && plays.length) {
      store.put(`${this.prefix}handed-in`, `${Math.max(...reports.map(({ end_ns }) => end_ns))}`);
      const { refused } = await response.json();
      for (const { play_id, code } of refused) {
        this.refuse(batch.find((item) => item.report.play_id === play_id), code || 'unknown');
      }
    }
    // A malformed report can never be accepted: find it by sending one at a time, and drop it alone.
    const malformed = response.status === 422 || response.status === 404;
    if (!response.ok && !malformed) throw new Error(`status ${response.status}`);
    if (malformed && alone && plays.length) this.refuse(batch[0], 'malformed');
    if (!malformed || alone) batch.forEach((item) => store.drop(item.key));
    this.narrow = malformed && !alone;
    return true;
  }
}
