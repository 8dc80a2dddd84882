// Suggests while a shopper types: an editable combobox with a list, as the ARIA Authoring Practices describe it.
// Without script the search box is a plain form.
import { announce } from "./regions.js";
import { visit } from "./navigation.js";
import { counted, money, text } from "./texts.js";

const PAUSE = 120; // ms without a key before asking
const KEPT = new Set(["like", "dislike", "inspired", "photo", "weight", "mode"]); // what stays when the words change
let running = null;
let timer = null;
let active = -1; // place of the chosen suggestion; -1 while the shopper's own words count

export function suggest() {
  document.addEventListener("input", (event) => isBox(event.target) && schedule(event.target));
  document.addEventListener("keydown", (event) => isBox(event.target) && onKey(event));
  document.addEventListener("focusout", (event) => isBox(event.target) && close());
  // A press on a suggestion must not take the focus from the box, which would close the list before the click.
  document.addEventListener("mousedown", (event) => event.target.closest?.("#suggestions") && event.preventDefault());
  document.addEventListener("click", (event) => {
    const option = event.target.closest?.("#suggestions [role=option]");
    if (option) go(option);
  });
  document.addEventListener("submit", close, true);
  document.addEventListener("shown", close);
  if (document.activeElement === box() && box().value !== box().defaultValue) schedule(box()); // typed while this loaded
}

const isBox = (element) => element.id === "q";
const box = () => document.getElementById("q");
const options = () => [...document.querySelectorAll("#suggestions [role=option]")];

function schedule(input) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(input.value), PAUSE);
}

async function ask(typed) {
  running?.abort();
  const controller = (running = new AbortController());
  try {
    const query = new URLSearchParams({ q: typed.slice(0, 200) });
    const response = await fetch(`${box().dataset.suggest}?${query}`, { signal: controller.signal });
    const { suggestions } = response.ok ? await response.json() : { suggestions: [] };
    if (running === controller && document.activeElement === box()) show(suggestions);
  } catch (error) {
    if (error.name !== "AbortError") close(); // a shop without suggestions is still a shop
  }
}

function show(suggestions) {
  close();
  if (!suggestions.length) return;
  const list = Object.assign(document.createElement("ul"), { id: "suggestions", className: "suggestions" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", text("suggestions"));
  list.append(...suggestions.map(option));
  box().form.append(list);
  box().setAttribute("aria-expanded", "true");
  announce(counted("suggested", suggestions.length));
}

function option(suggestion, place) {
  const item = Object.assign(document.createElement("li"), { id: `suggestion-${place}` });
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.url = suggestion.url;
  if (suggestion.image) item.append(Object.assign(new Image(), { src: suggestion.image, alt: "", width: 32, height: 40 }));
  const [name, ...above] = suggestion.kind === "category" ? suggestion.text.split("/").reverse() : [suggestion.text];
  item.append(span("suggestion-text", name));
  const price = suggestion.price == null ? "" : money(suggestion.price, suggestion.currency);
  const kind = above.length ? text("in", { place: above.reverse().join(", ") }) : text(suggestion.kind);
  item.append(span("suggestion-note", suggestion.kind === "product" ? price : kind));
  return item;
}

function span(className, textContent) {
  return Object.assign(document.createElement("span"), { className, textContent });
}

function close() {
  clearTimeout(timer);
  running?.abort();
  running = null;
  document.getElementById("suggestions")?.remove();
  box()?.setAttribute("aria-expanded", "false");
  choose(-1);
}

function choose(place) {
  active = place;
  options().forEach((item, at) => item.setAttribute("aria-selected", String(at === place)));
  const chosen = options()[place];
  if (chosen) box().setAttribute("aria-activedescendant", chosen.id);
  else box()?.removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  const count = options().length;
  if (event.isComposing) return;
  if (event.key === "ArrowDown" && !count && box().value) return ask(box().value);
  if (!count) return;
  if (event.key === "ArrowDown") choose(active + 1 < count ? active + 1 : -1);
  else if (event.key === "ArrowUp") choose(active < 0 ? count - 1 : active - 1);
  else if (event.key === "Escape") close();
  else if (event.key === "Enter" && active >= 0) go(options()[active]);
  else return;
  event.preventDefault();
}

// Follows a suggestion; likes and weights stay, filters don't.
function go(item) {
  const url = new URL(item.dataset.url, location.href);
  for (const [name, value] of new FormData(box().form)) if (KEPT.has(name)) url.searchParams.append(name, value);
  const trigger = box();
  close();
  visit(url.href, trigger);
}
