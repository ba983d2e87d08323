// The player: shows what the stand commands, and reports what was on the screen.

import { StandClock } from './clock.js';
import { mount, preload } from './creatives.js';
import { Proof, stayAwake } from './display.js';
import { keepPage } from './keep.js';
import { AWAY_MS, HOUSE, Offline, licensedId } from './offline.js';
import { hideCode, showCode } from './probe.js';
import { Privacy } from './privacy.js';
import { Reports } from './reports.js';
import * as store from './store.js';
import { Stream } from './stream.js';
import { Words, catalogueOf } from './words.js';

const FADE_MS = 1_200;
const MOST_FADING = 2; // a machine that is late piles up no frames that nobody sees
const MOST_TOUCHES = 30; // the stand counts no more for a play
const INFO_MS = 15_000;
const SAFE_MS = 3_000; // as long a play is not cut
const ANSWERED_MS = 1_500; // chosen, not measured: the touch goes to the stand, and its answer comes back
const ANSWER_MS = 8_000; // as for reports
const STILL_MS = 2_000; // chosen, not measured: no timer of a page at work is so late

const standId = location.pathname.split('/')[2];
const SPOKEN = `vitrine/${standId}/spoken`;
const $ = (selector) => document.querySelector(selector);
$('link[rel=manifest]').href = `/stands/${standId}/manifest.webmanifest`;
const reports = new Reports(standId, () => offline.keeping());
const words = new Words();
const clock = new StandClock();
const offline = new Offline(standId);
const playerId = store.get('vitrine/player') ?? `page-${store.newId()}`;
store.put('vitrine/player', playerId);
const privacy = new Privacy(standId, playerId, $('#privacy'));

let session = 0;
let current = null; // { event, startNs, startMs, timer, touches, proof }
let loading = null; // { event, ready, element, dropped }
let following = null; // the same
// Of each kind: who is recognised, what the camera does, and that where expressions are judged.
const RECOGNITION = {
  none: ['nobody', 'watches', 'reacts'],
  enrolled: ['enrolled', 'recognises', 'recognisesAndReacts'],
  'key-in-hand': ['allowed', 'recognisesAllowed', 'recognisesAllowedAndReacts'],
};
let recognition = null;
let reactions = null;
let away = 0; // until the stand counts as away

// Plays
function prepare(event) {
  const next = { event, ready: preload(event), element: null, dropped: false };
  next.ready.catch((error) => fail(next, error));
  return next;
}

function drop(next) {
  next.dropped = true;
  next.element?.remove();
  if (loading === next) loading = null;
  if (following === next) following = null;
}

// The stand decides anew; meanwhile what is on the screen stays.
function fail(next, error) {
  if (next.dropped) return;
  if (next === loading) following = null;
  drop(next);
  console.warn(`${next.event.url}: ${error.message}`);
  waitForStand();
  if (next.event.licence) {
    offline.rest(next.event);
    return;
  }
  reports.failure({ token: next.event.token, reason: error.reason ?? 'does-not-load' });
}

async function begin(next) {
  if (loading) drop(loading);
  loading = next;
  try {
    await mount(next, $('#stage'));
  } catch (error) {
    fail(next, error);
  }
  if (next.dropped) return; // something newer began while this was loading
  loading = null;
  show(next.element);
  finish(false);
  const { event } = next;
  // By the clock that dated the command: one that was set since must not part the two.
  const startNs = event.licence ? offline.utcMs() * 1e6 : Math.round(event.now_ns + clock.ageNs(event));
  current = { event, startNs, startMs: performance.now(), timer: 0, touches: 0, proof: new Proof(next.element) };
  const { command, licence } = event;
  offline.begun((licence ?? command).campaign_id, licence ? licensedId(licence, startNs) : command.command_id);
  showCode(event.probe);
  current.timer = setTimeout(end, event.command.seconds * 1e3);
}

// Lays a creative over the one before, which goes when it cannot be seen any more.
function show(element) {
  const old = [...$('#stage').children].filter((child) => child !== element);
  element.getBoundingClientRect(); // lays it out unseen, so that it can fade in
  element.classList.add('shown');
  const beneath = old.splice(0, old.length - MOST_FADING);
  beneath.forEach((child) => child.remove());
  setTimeout(() => old.forEach((child) => child.remove()), FADE_MS);
}

function end() {
  const lateMs = performance.now() - current.startMs - current.event.command.seconds * 1e3;
  const { licence } = current.event;
  finish(true);
  const next = following;
  following = null;
  // A page that stood still may not be in charge any more: it shows what the stand decides now.
  if (next && lateMs <= STILL_MS && !expired(next.event)) begin(next);
  else if (licence && lateMs <= STILL_MS) playOn();
  else waitForStand();
}

function waitForStand() {
  clearTimeout(away);
  away = setTimeout(playOn, AWAY_MS);
}

// The stand says nothing: the page goes on with what it may show on its own.
function playOn() {
  if (current || loading || stream.closed) return;
  const event = offline.draw();
  if (!event) {
    showHouse();
    waitForStand();
    return;
  }
  notice('');
  begin(prepare(event));
}

// Nothing may be shown now, or the clock says so: neither a dark screen nor what ended yesterday.
function showHouse() {
  if (!offline.kept.has(HOUSE) || $('#stage .house')) return;
  const frame = document.createElement('iframe');
  frame.className = 'house';
  frame.title = document.title;
  frame.src = `${HOUSE}?kept`;
  $('#stage').append(frame);
  show(frame);
}

function expired(event) {
  return clock.ageNs(event) >= event.start_by_ns - event.now_ns;
}

function finish(completed) {
  if (!current) return;
  const { event, startNs, startMs, timer, proof } = current;
  current = null;
  hideCode();
  clearTimeout(timer);
  // Neither a clock that is set nor a timer that fires late makes a play longer than was asked for.
  const plannedMs = event.command.seconds * 1e3;
  const shownMs = Math.min(performance.now() - startMs, plannedMs);
  const { licence } = event;
  const provenMs = Math.min(proof.end(), shownMs);
  // Windows that begin at once for the first time each choose an id, and the browser keeps one of them.
  const player = licence?.player_id ?? playerId;
  reports.play((beganNs) => ({
    play_id: `${player}.${licence ? licensedId(licence, beganNs) : event.command.command_id}`,
    token: event.token,
    licence: licence?.licence_id,
    start_ns: beganNs,
    end_ns: beganNs + Math.round(shownMs * 1e6),
    completed: completed || shownMs >= plannedMs,
    proven_ns: Math.round(provenMs * 1e6),
  }), { licence, startNs, startMs });
}

// Shows nothing more: nobody sees this page, or another player shows the stand.
function stop() {
  if (loading) drop(loading);
  following = null;
  finish(false);
}

function take(event) {
  // It was meant for a page that stood still since; the stand has decided anew.
  if (clock.ageNs(event) > STILL_MS * 1e6) return;
  const next = prepare(event);
  notice('');
  clearTimeout(away);
  const before = current ?? loading; // what is on its way is shown first
  if (!before || event.cut || before.event.licence) {
    following = null;
    begin(next);
  } else {
    following = next;
  }
}

// The stand
const stream = new Stream(
  `/stands/${standId}/events?player=page&player_id=${playerId}&width=${innerWidth}&height=${innerHeight}`,
  {
    hello(hello) {
      session = hello.session;
      clock.forget();
      clock.hear(hello);
      dateAnew();
    },
    alive(alive) { clock.hear(alive); },
    play(event) { clock.hear(event); take(event); },
    licences(event) { offline.take(event); },
    offer: showOffer,
    seen({ count }) { reports.seen(count); },
    state(state) { clock.hear(state); hearState(state); },
    replaced() {
      stream.close();
      offline.licensed = []; // they are the other window's now
      stop();
      notice('elsewhere');
    },
  },
  () => { reports.renew(); askWhy(); },
);

// A browser does not say why a stream did not open: the page may not be let in any more.
async function askWhy() {
  let problem;
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(location.pathname, { headers: { Accept: 'application/json' }, signal });
    if (answer.status !== 401) return;
    problem = (await answer.json()).detail;
  } catch {
    return; // the stand is away, and the stream tries again
  }
  offline.forget();
  stop();
  $('#stage').replaceChildren();
  notice('locked', problem);
}

// What was shown before the stand was heard has the time of the browser, which may be hours off.
function dateAnew() {
  const utcNs = (atMs) => clock.utcMs(atMs) * 1e6;
  if (reports.undated) offline.hear(clock.utcMs(performance.now()));
  if (reports.undated && current) {
    const { event: { licence }, startNs, startMs } = current;
    current.startNs = reports.beganNs({ licence, startNs, startMs }, utcNs);
  }
  reports.date(utcNs);
}

function connect() {
  stream.open();
  reports.flush();
  stayAwake();
  waitForStand();
}

function hearState(state) {
  const { languages = ['en'] } = state;
  const spoken = JSON.stringify({ languages, recognition: state.recognition, reactions: state.reactions });
  if (spoken !== store.get(SPOKEN)) {
    store.put(SPOKEN, spoken);
    keepPage(languages.map(catalogueOf));
  }
  speak(languages, state.recognition, state.reactions);
  const mine = state.in_charge === session;
  if (!mine) {
    offline.forget();
    stop();
    if (!$('#stage').children.length) notice('waiting');
  }
  const invites = state.touch !== false && state.attending > 0; // a stand of before does not say
  $('#hint').classList.toggle('shown', invites && !$('#info').open && $('#offer').hidden);
  privacy.hear(state, mine, { recognition, reactions });
}

// Says what there is to say at this stand; in the words of last time, before the stand was heard.
function speak(languages, how, judged = 'off') {
  words.use(languages);
  if (how === recognition && judged === reactions) return;
  recognition = how;
  reactions = judged;
  const [recognised, does, doesReacting] = RECOGNITION[recognition];
  document.querySelectorAll('.recognition').forEach((element) => say(element, recognised));
  $('[data-wish=opt-out]').hidden = recognition === 'none';
  document.querySelectorAll('.reactions').forEach((element) => { element.hidden = reactions === 'off'; });
  say($('#privacy .what'), reactions === 'off' ? does : doesReacting);
}

function speakAsBefore() {
  const spoken = store.get(SPOKEN);
  if (!spoken) return;
  const { languages, recognition: how, reactions: judged } = JSON.parse(spoken);
  speak(languages, how, judged);
  keepPage(languages.map(catalogueOf));
}

// What people see and do
function say(element, text) {
  element.dataset.text = text;
  words.show();
}

// The detail is for who runs the screen, in the stand's own words.
function notice(text, detail = '') {
  say($('#notice p'), text);
  $('#notice small').textContent = detail;
  $('#notice').hidden = !text;
}

let offerTimer = 0;
function showOffer(offer) {
  $('#offer .from').textContent = offer.advertiser;
  const invites = Boolean(offer.picture); // what is for one person is read on a phone
  delete $('#offer .text').dataset.text;
  $('#offer .text').textContent = offer.text;
  $('#offer .code').textContent = offer.code;
  $('#offer .code').hidden = invites;
  $('#offer .scan').hidden = !invites;
  if (invites) {
    $('#offer .scan').src = offer.picture;
    say($('#offer .text'), 'giftTitle');
  }
  say($('#offer .note'), invites ? 'giftScan' : 'code');
  $('#offer .time i').style.animation = 'none';
  $('#info').close();
  $('#offer').hidden = false;
  requestAnimationFrame(() => { $('#offer .time i').style.animation = `run-out ${offer.seconds}s linear forwards`; });
  clearTimeout(offerTimer);
  offerTimer = setTimeout(() => { $('#offer').hidden = true; }, offer.seconds * 1e3);
}

// A touch belongs to the play that it was made on; an opt-out counts without one, too.
function tell(kind) {
  if (current && current.touches < MOST_TOUCHES) {
    const { event: { token, licence }, startNs, startMs, touches } = current;
    const atNs = startNs + Math.round((performance.now() - startMs) * 1e6);
    reports.interaction({ kind, at_ns: atNs, token, number: touches, start_ns: licence && startNs });
    current.touches += 1;
  } else if (kind === 'opt-out') {
    reports.interaction({ kind, at_ns: Date.now() * 1e6 });
  }
}

let infoTimer = 0;
function showInfo() {
  $('#hint').classList.remove('shown');
  say($('#info .why'), current?.event.command.responds ? 'responds' : 'turn');
  $('#info .languages').replaceChildren(...words.buttons());
  words.held = true;
  $('#info').showModal();
  keepInfo();
}

// Whoever has gone away leaves it open.
function keepInfo() {
  clearTimeout(infoTimer);
  infoTimer = setTimeout(() => $('#info').close(), INFO_MS);
}

// One thing happens: the campaign answers, or the page does.
let answering = 0;
function answer() {
  const touched = current;
  clearTimeout(answering);
  if (!touched?.event.answers_touch) { showInfo(); return; }
  const leftMs = Math.max(0, touched.startMs + SAFE_MS - performance.now());
  answering = setTimeout(() => {
    const next = loading ?? current;
    const answered = next !== touched && (next?.event.cut || next?.event.command.responds);
    if (!answered && $('#offer').hidden) showInfo();
  }, leftMs + ANSWERED_MS);
}

// The creative is told where, in parts of the screen; what is touched is the page's, so that each touch counts.
function passOn({ clientX, clientY, detail }) {
  const byKey = detail === 0;
  const x = byKey ? 0.5 : clientX / innerWidth;
  const y = byKey ? 0.5 : clientY / innerHeight;
  $('#stage > iframe.shown:last-child')?.contentWindow.postMessage({ vitrine: 'touch', x, y }, '*');
}

$('#glass').addEventListener('click', (touch) => {
  if (stream.closed) { connect(); return; }
  passOn(touch);
  tell('touch');
  answer();
});
$('#info').addEventListener('click', ({ target }) => {
  const wish = target.dataset.wish;
  if (!wish) return;
  if (wish !== 'close') tell(wish);
  $('#info').close();
});
$('#info').addEventListener('keydown', keepInfo);
$('#info').addEventListener('pointerdown', keepInfo);
$('#info').addEventListener('close', () => {
  clearTimeout(infoTimer);
  words.held = false;
});
window.addEventListener('pagehide', stop);
document.addEventListener('visibilitychange', () => { // what nobody can see is no play
  stream.close();
  if (document.hidden) stop();
  else connect();
});
speakAsBefore();
if (!document.hidden) connect();
