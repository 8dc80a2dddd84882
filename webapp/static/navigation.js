// Follows the shop's links and forms without a page load; on an error the browser loads the page itself.
import { adjusted, formAddress } from "./addresses.js";
import { fetchPage, forget, isOvertaken, overtake, productsOf } from "./request.js";
import { isPlain } from "./dialog.js";
import { announce, focusAfter, keepTyping, place, regions, show, standIn } from "./regions.js";
import { animate } from "./transition.js";

const STEPS = /^(more|less|words):/; // keys of controls of which each press goes one step further
const MAX_SNAPSHOTS = 20; // pages that Back restores as they were
const snapshots = new Map(); // by the key of their history entry
let key = history.state?.key ?? newKey();
let shownKey = key; // of the page that is shown while another one is fetched
let currentAddress = location.pathname + location.search;
let adjusting = null; // the newest adjustment of the page that is under way: whether it was shown

export function interceptLinks() {
  history.replaceState({ key }, "");
  unfold(location.hash);
  document.addEventListener("click", onClick);
  document.addEventListener("submit", onSubmit);
  addEventListener("popstate", onPopState);
  // Pages that change in place have their scroll position restored here, others by the browser.
  addEventListener("pagehide", () => (history.scrollRestoration = "auto"));
  addEventListener("pageshow", () => snapshots.size && (history.scrollRestoration = "manual"));
}

function onClick(event) {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || !isPlain(event) || link.origin !== location.origin) return;
  event.preventDefault();
  if (link.dataset.key) adjust(link);
  else visit(link.href, link);
}

// Presses in quick succession all count: each changes what the one before leads to, unless that was overtaken.
function adjust(link) {
  const from = location.href; // of the page that has the link
  inTurn(() => {
    const now = current(link);
    const url = now && STEPS.test(link.dataset.key) ? now.href : adjusted(location.href, from, link.href);
    if (url !== link.href) forget(link.href);
    return visit(url, now ?? document.getElementById("title"));
  });
}

// Makes an adjustment after those before it are shown; it returns whether it was shown itself.
export function inTurn(adjustment) {
  const turn = async (isShown) => isShown && adjustment();
  const own = (adjusting = adjusting ? adjusting.then(turn) : turn(true));
  own.finally(() => adjusting === own && (adjusting = null));
  return own;
}

// Returns the newest adjustment, as `inTurn` has returned it; null if none is under way.
export const newest = () => adjusting;

// Returns a control on the page that is shown now, which may not be the one that it was pressed on.
export function current(control) {
  return control.isConnected ? control : document.querySelector(`[data-key="${CSS.escape(control.dataset.key)}"]`);
}

function onSubmit(event) {
  const form = event.target;
  if (!form.matches("form[data-swap]") || event.defaultPrevented) return;
  event.preventDefault();
  const trigger = event.submitter ?? form;
  if (form.method === "post") return send(form, trigger);
  visit(formAddress(form), trigger);
}

export function visit(url, trigger) {
  return go(() => fetchPage(url), trigger, () => location.assign(url), new URL(url).hash);
}

// Shows the results of an address without changing the current one.
export async function preview(url) {
  try {
    const { page } = await fetchPage(productsOf(url));
    const results = page.getElementById("results");
    if (!results) return;
    document.getElementById("results")?.replaceWith(results);
    announce(results.dataset.announce);
    document.dispatchEvent(new Event("results"));
  } catch (error) {
    if (!isOvertaken(error)) location.assign(url);
  }
}

// Shows the answer to a form, be it a success or an error.
export function send(form, trigger) {
  form.inert = true; // ignores a second press
  const options = { method: "POST", body: new FormData(form), any: true };
  return go(() => fetchPage(form.action, options), trigger, () => form.submit()).finally(() => (form.inert = false));
}

// Returns whether the answer was shown.
async function go(fetched, trigger, otherwise, hash = "") {
  try {
    const answer = await fetched();
    animate(() => {
      keepPage();
      const address = answer.url + hash;
      const same = address === location.href;
      // All steps of one slider share a history entry, so that Back undoes the whole move.
      const by = trigger.type === "range" ? trigger.dataset.key : null;
      const again = by && history.state?.by === by;
      key = same ? key : newKey();
      if (!same && answer.ok) history[again ? "replaceState" : "pushState"]({ key, by }, "", address);
      const was = place(trigger);
      const fill = standIn(trigger);
      const typeOn = keepTyping(trigger);
      const isElsewhere = !was.key && new URL(address).pathname !== currentAddress.split("?")[0];
      show(answer.page);
      fill();
      unfold(hash);
      typeOn ? typeOn() : focusAfter(was);
      if (isElsewhere && !hash) scrollTo({ top: 0, behavior: "instant" });
      settle();
    });
    return true;
  } catch (error) {
    if (!isOvertaken(error)) otherwise();
    return false;
  }
}

function unfold(hash = "") {
  let id;
  try {
    id = decodeURIComponent(hash.slice(1));
  } catch {
    return; // a damaged fragment leads nowhere
  }
  const details = id && document.getElementById(id)?.closest("details");
  if (details) details.open = true;
}

async function onPopState(event) {
  const here = location.pathname + location.search;
  if (!event.state && here === currentAddress) return history.replaceState({ key }, ""); // only the fragment changed
  overtake();
  keepPage();
  key = event.state?.key ?? newKey();
  const before = snapshots.get(key);
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
  snapshots.set(shownKey, { page: regions(document, ":not([data-visit])"), scroll: scrollY });
  if (snapshots.size > MAX_SNAPSHOTS) snapshots.delete(snapshots.keys().next().value);
}

function settle() {
  shownKey = key;
  currentAddress = location.pathname + location.search;
  announce();
}

function newKey() {
  return `${performance.timeOrigin + performance.now()}`;
}
