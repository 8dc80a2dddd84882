// Fetches pages of the shop, one at a time: a newer request aborts the previous one.
const KEPT = 4; // pages that are fetched ahead
const ahead = new Map(); // by address
let running = null;

export async function fetchPage(url, { any = false, ...options } = {}) {
  running?.abort();
  if (options.method) forgetAll(); // what was sent may change every page
  const { answer, controller } = take(url) ?? start(url, options);
  running = controller;
  document.documentElement.classList.add("is-waiting");
  try {
    const { ok, status, retryAfter, address, text } = await answer;
    if (!ok && !any) throw new Error(`${status} at ${url}`);
    return { ok, status, retryAfter, url: address, page: new DOMParser().parseFromString(text, "text/html") };
  } finally {
    if (running === controller) {
      running = null;
      document.documentElement.classList.remove("is-waiting");
    }
  }
}

export const isOvertaken = (error) => error.name === "AbortError";

// Returns where a page's products come alone: what is around them stays, and its filters needn't be counted again.
export function productsOf(address) {
  const url = new URL(address);
  url.searchParams.set("part", "products");
  return url;
}

// Fetches a page that is likely to be asked for; `fetchPage` takes it for as long as it may be shown.
export function fetchAhead(url, seconds) {
  const address = String(url);
  if (ahead.has(address)) return;
  const entry = { ...start(address), until: performance.now() + 1000 * seconds };
  ahead.set(address, entry);
  const drop = () => ahead.get(address) === entry && ahead.delete(address);
  entry.answer.then(({ ok }) => ok || drop(), drop);
  if (ahead.size > KEPT) forget(ahead.keys().next().value);
}

export function forget(url) {
  ahead.get(String(url))?.controller.abort();
  ahead.delete(String(url));
}

function forgetAll() {
  for (const address of [...ahead.keys()]) forget(address);
}

function take(url) {
  const entry = ahead.get(String(url));
  ahead.delete(String(url));
  return entry && performance.now() < entry.until ? entry : null;
}

function start(url, options = {}) {
  const controller = new AbortController();
  return { controller, answer: load(url, { ...options, signal: controller.signal }) };
}

async function load(url, options) {
  const response = await fetch(url, { ...options, headers: { Accept: "text/html" } });
  const retryAfter = Number(response.headers.get("Retry-After")); // seconds; 0 without one
  return { ok: response.ok, status: response.status, retryAfter, address: response.url, text: await response.text() };
}
