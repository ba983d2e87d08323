// What the page shows on its own while the stand is away: the plain rotation of what it holds licences for.

import { keepCreatives, keptCreatives } from './keep.js';
import * as store from './store.js';

export const AWAY_MS = 3_000; // chosen, not measured: a command that is late is no stand that is away

export const HOUSE = '/static/house.html'; // of the product, and allowed at any time

const HOUR_MS = 3_600_000;
const REST_MS = 120_000; // as the stand leaves out what could not be shown

export class Offline {
  constructor(standId) {
    this.name = `vitrine/${standId}/licences`;
    const { licensed = [], aheadMs = 0 } = JSON.parse(store.get(this.name) ?? '{}');
    this.licensed = licensed;
    this.keepTime(Date.now() + aheadMs);
    this.countedName = `vitrine/${standId}/counted`;
    // Plays of the last hour whose campaigns have a cap: [campaign, id of the command, start in UTC ms].
    this.counted = JSON.parse(store.get(this.countedName) ?? '[]');
    this.resting = new Map(); // address → when it is tried again
    this.kept = new Set();
    this.last = null; // what was shown last of its own, or the house
    this.fetching = new AbortController();
    this.keep(keptCreatives);
  }

  take({ licensed, counted = [], now_ns }) {
    this.licensed = licensed;
    this.keepTime(now_ns / 1e6);
    this.add(counted.map((play) => [play.campaign_id, play.command_id, play.start_ns / 1e6]));
    store.put(this.name, JSON.stringify({ licensed, aheadMs: now_ns / 1e6 - Date.now() }));
    const urls = new Set([HOUSE, ...licensed.map(({ url }) => url)]);
    this.keep((signal) => keepCreatives([...urls], signal));
  }

  // What came before is given up: it would let go of what is wanted now.
  async keep(files) {
    this.fetching.abort();
    this.fetching = new AbortController();
    const { signal } = this.fetching;
    try {
      const kept = await files(signal);
      if (!signal.aborted) this.kept = new Set(kept);
    } catch (error) {
      console.warn(`no creative is kept: ${error.message}`);
    }
  }

  // How many of its creatives it could show without the stand; none are kept without TLS.
  keeping() {
    const urls = new Set(this.licensed.map(({ url }) => url));
    const kept = [...urls].filter((url) => this.kept.has(url)).length;
    return { kept: navigator.serviceWorker ? kept : null, licensed: urls.size };
  }

  // Plays go by the stand's clock as it was when it issued their licences: a second that comes again after that clock
  // was set back would be used twice.
  keepTime(utcMs) { this.offsetMs = utcMs - performance.now(); }

  // The stand's clock was heard, by which earlier plays are dated anew: where it is ahead, their seconds must not come
  // again. A licence that was held up on its way is behind by that time.
  hear(utcMs) { if (utcMs > this.utcMs()) this.keepTime(utcMs); }

  // A play begins, of its own or the stand's: a cap counts both.
  begun(campaignId, commandId) {
    const capped = this.licensed.some(({ licence }) => licence.per_hour && licence.campaign_id === campaignId);
    if (capped) this.add([[campaignId, commandId, this.utcMs()]]);
  }

  // Stand and page may both know of a play; it counts once.
  add(plays) {
    const known = new Set(this.counted.map(([, commandId]) => commandId));
    const all = [...this.counted, ...plays.filter(([, commandId]) => !known.has(commandId))];
    const utcMs = this.utcMs();
    this.counted = all.filter(([, , startMs]) => utcMs - startMs < HOUR_MS);
    store.put(this.countedName, JSON.stringify(this.counted));
  }

  withinCap({ campaign_id, per_hour }, utcMs) {
    if (!per_hour) return true;
    const lately = this.counted.filter(([name, , startMs]) => name === campaign_id && utcMs - startMs < HOUR_MS);
    return lately.length < per_hour;
  }

  // UTC in whole milliseconds.
  utcMs() { return Math.round(performance.now() + this.offsetMs); }

  // Another player is in charge, or this one is not let in any more.
  forget() {
    if (!this.licensed.length) return;
    this.licensed = [];
    store.drop(this.name);
  }

  rest({ address }) { this.resting.set(address, performance.now() + REST_MS); }

  // Draws the next creative, as the event of a play; null where there is none to show.
  draw() {
    const utcMs = this.utcMs();
    const possible = this.licensed.filter((item) => this.valid(item, utcMs));
    let drawn = pick(possible);
    // Somebody else stands between advertisers of one category, and without anybody the house.
    if (compete(drawn, this.last)) drawn = pick(possible.filter(({ category }) => category !== drawn.category));
    this.last = drawn ?? null;
    if (!drawn) return null;
    const { licence, token, url, kind, fit, title } = drawn;
    const command = { seconds: licence.seconds, responds: false };
    return { command, licence, token, address: url, url: `${url}?kept`, kind, fit, title };
  }

  valid({ licence, url }, utcMs) {
    const atNs = utcMs * 1e6;
    if (atNs < licence.from_ns || atNs >= licence.until_ns) return false;
    if (!this.withinCap(licence, utcMs)) return false;
    return this.kept.has(url) && (this.resting.get(url) ?? 0) <= performance.now();
  }
}

// Draws one of those that come first; a stand of before ranks nothing.
function pick(possible) {
  const first = Math.min(...possible.map(({ rank = 0 }) => rank));
  const foremost = possible.filter(({ rank = 0 }) => rank === first);
  const total = foremost.reduce((sum, { licence }) => sum + licence.probability, 0);
  let left = Math.random() * total;
  return foremost.find(({ licence }) => (left -= licence.probability) < 0) ?? foremost.at(-1);
}

function compete(item, last) {
  if (!item?.category || item.category !== last?.category) return false;
  return item.licence.advertiser !== last.licence.advertiser;
}

// As the stand names the command of a licence; in whole milliseconds, which both count exactly.
// Rounded, as nanoseconds of today are larger than what a number holds exactly.
export function licensedId({ licence_id, from_ns }, startNs) {
  const sinceMs = Math.round(startNs / 1e6) - Math.round(from_ns / 1e6);
  return `${licence_id}x${Math.max(0, Math.floor(sinceMs / 1e3))}`;
}
