// The operator's page: draws what the stand sends a few times a second.

const SPAN_NS = 120e9;
const HOT = 60;

const $ = (selector) => document.querySelector(selector);
const articles = new Map(); // stand id → { root, points, shown, firstRow }

let names = {}; // such as campaign:spring → what people call it
const named = (...parts) => names[parts.join(':')] ?? parts.at(-1);

const clock = (ns, timeZone) => new Date(ns / 1e6).toLocaleTimeString('en-GB', { timeZone });

function set(root, name, text) {
  const element = root.querySelector(`[data-of=${name}]`);
  if (element.textContent !== String(text)) element.textContent = text;
  return element;
}

function articleOf(id) {
  if (!articles.has(id)) {
    const root = $('#stand').content.cloneNode(true).firstElementChild;
    $('#stands').append(root);
    articles.set(id, { root, points: [], shown: '', rows: '' });
  }
  return articles.get(id);
}

function drawScreen(article, stand, nowNs) {
  const { root } = article;
  const on = stand.on_screen;
  set(root, 'id', named('stand', stand.id)).title = stand.id;
  set(root, 'zone', stand.time_zone);
  set(root, 'player', stand.player ? `${stand.player} player` : 'no player');
  set(root, 'creative', on ? named('creative', on.campaign_id, on.creative_id) : 'Nothing');
  set(root, 'campaign', on ? `campaign ${named('campaign', on.campaign_id)} · ${named('advertiser', on.advertiser)}` : '');
  set(root, 'reason', on ? `${on.reason} · chance ${percent(on.probability)}` : '');
  set(root, 'arm', on ? on.arm : '').classList.toggle('plain', on?.arm === 'plain');
  const part = on ? Math.min(1, Math.max(0, (nowNs - on.since_ns) / 1e9 / on.seconds)) : 0;
  root.querySelector('.progress i').style.transform = `scaleX(${part})`;
  const shown = on ? `${on.url}@${on.since_ns}` : '';
  const same = article.shown.split('@')[0] === shown.split('@')[0];
  if (shown !== article.shown && !(same && Math.abs(on?.since_ns - article.sinceNs) < 1e9)) preview(root, on);
  article.shown = shown;
  article.sinceNs = on?.since_ns;
}

function preview(root, on) {
  const box = root.querySelector('.preview');
  box.querySelectorAll(':scope > :not(.empty)').forEach((old) => old.remove());
  if (!on) return;
  const element = document.createElement({ html: 'iframe', image: 'img', video: 'video' }[on.kind]);
  if (on.kind === 'html') Object.assign(element, { sandbox: 'allow-scripts', title: named('creative', on.campaign_id, on.creative_id), tabIndex: -1 });
  if (on.kind === 'video') Object.assign(element, { muted: true, autoplay: true, loop: true });
  element.src = on.url;
  box.append(element);
}

function drawFigures({ root }, stand) {
  for (const name of ['people', 'attending', 'plays', 'offers_shown', 'offers_redeemed', 'touches']) {
    set(root, name, stand[name]);
  }
  set(root, 'completed', `${stand.completed} complete`);
  set(root, 'engagement', stand.engagement === null ? '–' : Math.round(stand.engagement));
  root.querySelector('.gauge .value').style.strokeDasharray = `${stand.engagement ?? 0} 200`;
  root.querySelector('.gauge').classList.toggle('hot', stand.engagement >= HOT);
}

function drawTrend(article, stand, nowNs) {
  const points = article.points;
  points.push({ at: nowNs, score: stand.engagement, people: stand.people });
  while (points[0].at < nowNs - SPAN_NS) points.shift();
  const x = (point) => (600 * (1 - (nowNs - point.at) / SPAN_NS)).toFixed(1);
  const y = (share) => (144 - 138 * Math.min(1, share)).toFixed(1);
  const most = Math.max(4, ...points.map((point) => point.people));
  let line = '';
  let area = '';
  points.forEach((point, i) => {
    if (point.score === null) return;
    const first = i === 0 || points[i - 1].score === null;
    const last = i === points.length - 1 || points[i + 1].score === null;
    line += `${first ? 'M' : 'L'}${x(point)} ${y(point.score / 100)}`;
    area += `${first ? `M${x(point)} 150L` : 'L'}${x(point)} ${y(point.score / 100)}${last ? `L${x(point)} 150Z` : ''}`;
  });
  const steps = points.map((point, i) => `${i ? 'H' : 'M'}${x(point)}${i ? 'V' : ' '}${y(point.people / most)}`).join('');
  const trend = article.root.querySelector('.trend');
  trend.querySelector('.line').setAttribute('d', line);
  trend.querySelector('.area').setAttribute('d', area);
  trend.querySelector('.steps').setAttribute('d', steps);
}

const percent = (share) => `${Math.round(share * 100)} %`;

function drawRecent(article, stand) {
  const key = stand.recent.map((play) => play.start_ns).join();
  if (article.rows === key) return;
  article.rows = key;
  const rows = stand.recent.map((play) => {
    const row = document.createElement('tr');
    const cells = [
      [clock(play.start_ns, stand.time_zone)],
      [named('creative', play.campaign_id, play.creative_id), named('campaign', play.campaign_id)],
      [play.reason],
      [percent(play.probability)],
      [`${play.seconds.toFixed(1)} s`, play.completed ? '' : 'cut'],
      [play.arm],
    ];
    cells.forEach(([text, more], i) => {
      const cell = row.insertCell();
      cell.textContent = text;
      if (i === 3 || i === 4) cell.className = 'number';
      if (more) {
        const small = document.createElement('small');
        small.textContent = ` ${more}`;
        cell.append(small);
      }
    });
    return row;
  });
  article.root.querySelector('tbody').replaceChildren(...rows);
  article.root.querySelector('.none').hidden = rows.length > 0;
  article.root.querySelector('table').hidden = rows.length === 0;
}

let told = '';
function drawProblems({ problems, unseen }) {
  const now = JSON.stringify([problems, unseen]);
  if (now === told) return; // nobody can press a button that is replaced four times a second
  told = now;
  const items = problems.map(problemItem);
  for (const [stand, text] of Object.entries(unseen)) {
    const item = problemItem(text);
    const seen = document.createElement('button');
    seen.textContent = 'Seen';
    seen.addEventListener('click', () => fetch(`/live/${stand}/refusals/seen`, { method: 'POST' }));
    item.append(' ', seen);
    items.push(item);
  }
  $('#problems').hidden = !items.length;
  $('#problems').replaceChildren(...items);
}

function problemItem(text) {
  const item = document.createElement('li');
  item.textContent = text;
  return item;
}

function draw(live) {
  connected(true);
  names = live.names;
  $('#synthetic').hidden = !live.stands.some((stand) => stand.synthetic);
  const zone = live.stands[0]?.time_zone;
  $('#since').textContent = live.started_ns
    ? `${clock(live.now_ns, zone)} · counted since ${clock(live.started_ns, zone)}` : 'waiting for the first visitor data';
  drawProblems(live);
  for (const stand of live.stands) {
    const article = articleOf(stand.id);
    drawScreen(article, stand, live.now_ns);
    drawFigures(article, stand);
    drawTrend(article, stand, live.now_ns);
    drawRecent(article, stand);
  }
}

function connected(yes) {
  $('#link').classList.toggle('wait', !yes);
  $('#link span').textContent = yes ? 'live' : 'connecting';
}

function connect() {
  const source = new EventSource('/live/events');
  source.addEventListener('live', (message) => draw(JSON.parse(message.data)));
  source.onerror = () => {
    connected(false);
    if (source.readyState === EventSource.CLOSED) again();
  };
}

// A browser does not say why it gave up: the session may have ended.
async function again() {
  const answer = await fetch('/live', { cache: 'no-store' }).catch(() => null);
  if (answer?.status === 401 || answer?.status === 403) location.reload();
  else setTimeout(connect, 1000);
}
connect();
