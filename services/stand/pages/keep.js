// Files that the browser keeps for the time when the stand is away; worker.js answers with them.
// Browsers allow it over TLS, or on this machine. Elsewhere nothing is kept.

const PAGE = 'vitrine-page';
const CREATIVES = 'vitrine-creatives';
const SAME = ['ETag', 'Content-Security-Policy'];

// Keeps the page that is open, with all that it has loaded, and these files.
export async function keepPage(paths) {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register('/worker.js');
    const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
    const own = loaded.filter((path) => path.startsWith('/static/'));
    const cache = await caches.open(PAGE);
    await cache.addAll([...new Set([location.pathname, ...own, ...paths])]);
  } catch (error) {
    console.warn(`the page would not begin without the stand: ${error.message}`);
  }
}

// Keeps these files, as they are now, and no others; returns those that it has.
export async function keepCreatives(urls, signal) {
  if (!navigator.serviceWorker) return [];
  const cache = await caches.open(CREATIVES);
  for (const url of urls) {
    try {
      await keepOne(cache, url, signal);
    } catch (error) {
      if (signal.aborted) return [];
      console.warn(`${url} is not kept: ${error.message}`);
    }
  }
  const kept = await keptCreatives();
  await Promise.all(kept.filter((url) => !urls.includes(url)).map((url) => cache.delete(url)));
  return kept.filter((url) => urls.includes(url));
}

// One that changed is fetched anew, and one that may reach other hosts than before; asking costs a few bytes.
async function keepOne(cache, url, signal) {
  const old = await cache.match(url);
  const now = await fetch(url, { method: 'HEAD', cache: 'no-cache', signal });
  if (!now.ok) throw new Error(`status ${now.status}`);
  if (old && SAME.every((name) => old.headers.get(name) === now.headers.get(name))) return;
  const answer = await fetch(url, { cache: 'no-cache', signal });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  await cache.put(url, answer);
}

export async function keptCreatives() {
  if (!navigator.serviceWorker) return [];
  const cache = await caches.open(CREATIVES);
  const requests = await cache.keys();
  return requests.map(({ url }) => new URL(url).pathname);
}
