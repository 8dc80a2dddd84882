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
  const trigger = event.submitter ?? form;
  if (form.method === "post") return send(form, trigger);
  const fields = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(fields).toString();
  visit(form.action + (query && `?${query}`), trigger);
}

function visit(url, trigger) {
  return go(() => fetchPage(url), trigger, () => location.assign(url));
}

// What the shop answers to a form is shown, whether it took it or says what is wrong.
function send(form, trigger) {
  form.inert = true; // a second press sends nothing
  const options = { method: "POST", body: new FormData(form), any: true };
  return go(() => fetchPage(form.action, options), trigger, () => form.submit()).finally(() => (form.inert = false));
}

async function go(fetched, trigger, otherwise) {
  try {
    const answer = await fetched();
    await animate(() => {
      keepPage();
      const same = answer.url === location.href;
      key = same ? key : newKey();
      if (!same && answer.ok) history.pushState({ key }, "", answer.url);
      show(answer.page);
      focusAfter(trigger);
      settle();
    });
  } catch (error) {
    if (!isOvertaken(error)) otherwise();
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
