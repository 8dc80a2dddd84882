// Fetches pages of the shop, one at a time: a newer request overtakes the one before, but a quiet one never a visit.
const KEPT = 4; // pages that are fetched ahead
const LONGEST = 10000; // ms that a request waits for those before it
const ahead = new Map(); // by address
const changing = new Set(); // requests that change what the visit's cookie remembers: later ones wait for them
let running = null; // what is fetched now: its controller, whether it is quiet, or sends a form, and its page

// A quiet request is one that the shopper didn't ask for by a press, such as while words are typed.
export function fetchPage(url, { any = false, quiet = false, ...options } = {}) {
  if (quiet && running && !running.quiet) return Promise.reject(overtaken());
  overtake();
  const isSent = Boolean(options.method) && !quiet;
  if (options.method) forgetAll(); // what was sent may change every page
  const own = (running = { quiet, isSent, controller: new AbortController(), isOvertaken: false });
  document.documentElement.classList.add("is-waiting");
  own.page = (async () => {
    try {
      const answer = await answered(url, options, own.controller.signal);
      if (own.isOvertaken) throw overtaken();
      return parsed(url, answer, any);
    } finally {
      if (running === own) {
        running = null;
        document.documentElement.classList.remove("is-waiting");
      }
    }
  })();
  if (isSent) hold(own.page);
  return own.page;
}

// Fetches a page after the one that is fetched now, and before any later one.
export function fetchApart(url) {
  forgetAll();
  return hold(done([...changing, running?.page]).then(() => load(url, { signal: AbortSignal.timeout(LONGEST) })).then((answer) => parsed(url, answer)));
}

// Gives up the page that is fetched now. A form that was sent isn't stopped: the shop may have done what it says.
export function overtake() {
  if (!running) return;
  running.isOvertaken = true;
  if (!running.isSent) running.controller.abort();
}

// Waits until no page is fetched.
export async function settled() {
  while (running) await Promise.allSettled([running.page]);
}

export const isFetching = () => Boolean(running);

// Waits for pages, whatever becomes of them, but not for long.
function done(pages) {
  return Promise.race([Promise.allSettled(pages), new Promise((resolve) => setTimeout(resolve, LONGEST))]);
}

function hold(page) {
  const release = () => changing.delete(page);
  changing.add(page);
  page.then(release, release);
  return page;
}

async function answered(url, options, signal) {
  await done([...changing]);
  signal.throwIfAborted();
  const { answer, controller } = take(url) ?? start(url, options);
  signal.addEventListener("abort", () => controller.abort());
  return answer;
}

function parsed(url, { ok, status, retryAfter, address, text }, any = false) {
  if (!ok && !any) throw new Error(`${status} at ${url}`);
  return { ok, status, retryAfter, url: address, page: new DOMParser().parseFromString(text, "text/html") };
}

const overtaken = () => new DOMException("Another request goes first", "AbortError");

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
  if (ahead.has(address) || changing.size) return;
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
