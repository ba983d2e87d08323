// Lets the stand's page begin without the stand. What is kept is put there by keep.js.

const ANSWER_MS = 3_000; // as for the stand's word: a network may answer nothing at all

// Where the browser allows it, what only the stand can answer goes past here: a worker that sleeps takes time to wake.
const PAST = [
  { condition: { urlPattern: { pathname: '/creatives/*', search: '' } }, source: 'network' },
  { condition: { requestMethod: 'POST' }, source: 'network' },
];

self.addEventListener('install', (event) => {
  self.skipWaiting();
  return event.addRoutes?.(PAST);
});
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (search === '?kept') event.respondWith(kept(request));
  else if (pathname.startsWith('/static/') || /^\/stands\/[^/]+$/.test(pathname)) event.respondWith(newest(request));
});

// The stand's own answer, and what is kept while it gives none.
async function newest(request) {
  const old = await caches.match(request, { ignoreSearch: true });
  if (!old) return fetch(request);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.clone().blob(); // a network may also fall silent within the answer
    return answer.status >= 500 ? old : answer; // a proxy answers for a stand that is away
  } catch {
    return old;
  }
}

async function kept(request) {
  const answer = await caches.match(request, { ignoreSearch: true });
  if (!answer) return Response.error();
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('Range') ?? '');
  return asked ? part(answer, Number(asked[1]), asked[2]) : answer;
}

// Videos are asked for in pieces.
async function part(answer, first, end) {
  const whole = await answer.blob();
  const last = end ? Math.min(Number(end), whole.size - 1) : whole.size - 1;
  const headers = new Headers(answer.headers);
  headers.set('Content-Range', `bytes ${first}-${last}/${whole.size}`);
  headers.set('Content-Length', last - first + 1);
  return new Response(whole.slice(first, last + 1), { status: 206, headers });
}
