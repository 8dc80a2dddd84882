// Follows the shop's links and forms without loading a page; what goes wrong here is left to the browser.
import { fetchPage, isOvertaken } from "./request.js";
import { announce, focusAfter, regions, show } from "./regions.js";
import { animate } from "./transition.js";

const KEPT = 20; // pages that Back shows as they were left
const left = new Map(); // by the key of their entry in the history
let key = history.state?.key ?? newKey();
let shown = location.pathname + location.search;

export function interceptLinks() {
  history.replaceState({ key }, "");
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
  addEventListener("popstate", onPopState);
  // While pages change in place, where they are scrolled to is restored here; otherwise by the browser.
  addEventListener("pagehide", () => (history.scrollRestoration = "auto"));
  addEventListener("pageshow", () => left.size && (history.scrollRestoration = "manual"));
}

function onClick(event) {
  const link = event.target.closest?.("a[data-swap]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.origin !== location.origin) return;
  event.preventDefault();
  visit(link.href, link);
}

function onSubmit(event) {
  const form = event.target;
  if (!form.matches("form[data-swap]") || event.defaultPrevented) return;
  event.preventDefault();
  const fields = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(fields).toString();
  visit(form.action + (query && `?${query}`), event.submitter ?? form);
}

async function visit(url, trigger) {
  try {
    const answer = await fetchPage(url);
    await animate(() => {
      keepPage();
      key = newKey();
      history.pushState({ key }, "", answer.url);
      show(answer.page);
      focusAfter(trigger);
      settle();
    });
  } catch (error) {
    if (!isOvertaken(error)) location.assign(url);
  }
}

async function onPopState(event) {
  const here = location.pathname + location.search;
  if (!event.state && here === shown) return; // only the fragment changed
  keepPage();
  key = event.state?.key ?? newKey();
  const before = left.get(key);
  try {
    show(before?.page ?? (await fetchPage(location.href)).page);
    scrollTo(0, before?.scroll ?? 0);
    settle();
  } catch (error) {
    if (!isOvertaken(error)) location.reload();
  }
}

function keepPage() {
  history.scrollRestoration = "manual";
  left.set(key, { page: regions(document), scroll: scrollY });
  if (left.size > KEPT) left.delete(left.keys().next().value);
}

function settle() {
  shown = location.pathname + location.search;
  announce();
}

function newKey() {
  return `${performance.timeOrigin + performance.now()}`;
}
