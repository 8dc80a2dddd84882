// The parts of a page that change between addresses. Those of the visit (data-visit) are never older than the last answer.

export function regions(page, which = "") {
  return { title: page.title, nodes: [...page.querySelectorAll(`[data-region]${which}`)] };
}

// Shows a parsed page, or regions that `regions` returned earlier.
export function show(page) {
  const next = page.nodes ? page : regions(page);
  const bag = page.nodes && document.querySelector(".tool"); // what is in it doesn't go back with the page
  for (const node of next.nodes) {
    const old = document.getElementById(node.id);
    keepOpen(old, node);
    old.replaceWith(node);
  }
  if (bag) document.querySelector(".tool")?.replaceWith(bag);
  document.title = next.title;
  document.dispatchEvent(new Event("shown"));
}

export function announce(text = document.getElementById("main").dataset.announce) {
  document.getElementById("status").textContent = text;
}

// Remembers where a control is, to keep it under the pointer while the page changes around it.
export function place(trigger) {
  const keyed = trigger.closest("[data-key]");
  const filters = trigger.closest("[data-filters]");
  return { key: keyed?.dataset.key, top: keyed?.getBoundingClientRect().top, inFilters: Boolean(filters), scrolled: filters?.scrollTop };
}

// Shows the picture of the card that led to a product until the product's own has come.
export function standIn(trigger) {
  const card = trigger.matches(".card-title a") && trigger.closest(".card");
  const shown = card && card.querySelector("img")?.currentSrc;
  return () => {
    const frame = document.querySelector(".sheet-picture");
    if (shown && frame) frame.style.background = `center / cover url("${CSS.escape(shown)}")`;
  };
}

// Returns what puts words that are being typed into the search box of the page that comes; null where none are.
export function keepTyping(trigger) {
  const box = document.activeElement;
  if (box?.id !== "q" || box.value === box.defaultValue || box.form.contains(trigger)) return null;
  const { value, selectionStart, selectionEnd } = box;
  return () => {
    const next = document.getElementById("q");
    next.value = value;
    next.focus({ preventScroll: true });
    next.setSelectionRange(selectionStart, selectionEnd);
  };
}

// Keeps the focus on the control that was used, and the control where it was. If it is gone, such as the heart of a
// product that has moved to the anchors, reading restarts at the top.
export function focusAfter({ key, top, inFilters, scrolled }) {
  const same = key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (same) {
    const filters = same.closest("[data-filters]");
    if (filters) filters.scrollTop = scrolled ?? 0;
    if (inFilters) showResults(filters);
    keepAt(top, same, filters);
    (same.querySelector("summary") ?? same).focus({ preventScroll: true });
    return;
  }
  document.getElementById("title").focus({ preventScroll: true });
  const target = document.querySelector("[data-top]") ?? document.getElementById("main");
  scrollTo(0, Math.min(scrollY, target.getBoundingClientRect().top + scrollY - MARGIN));
}

const MARGIN = 16; // pixels above what is scrolled into view, as in shop.css

// Results are seen from their first one, where the filters stand beside them and scroll on their own.
function showResults(filters) {
  if (getComputedStyle(filters).overflowY !== "auto") return;
  const { top } = document.querySelector("[data-body]").getBoundingClientRect();
  if (top < MARGIN) scrollTo({ top: top + scrollY - MARGIN, behavior: "instant" });
}

function keepAt(top, control, filters) {
  const moved = () => control.getBoundingClientRect().top - top;
  if (filters) filters.scrollTop += moved();
  if (Math.abs(moved()) > 1) scrollBy({ top: moved(), behavior: "instant" });
}

function keepOpen(old, next) {
  for (const details of old.querySelectorAll("details[data-keep]")) {
    const same = next.querySelector(`details[data-keep="${CSS.escape(details.dataset.keep)}"]`);
    if (same) same.open = details.open;
  }
  for (const field of old.querySelectorAll("[data-keep-value]")) {
    const same = next.querySelector(`[data-keep-value="${CSS.escape(field.dataset.keepValue)}"]`);
    if (same) same.value = field.value;
  }
}
