// Adds products to the comparison, and removes them, without a change of the page: only the tray is taken from the answer.
import { fetchApart, isFetching } from "./request.js";
import { announce } from "./regions.js";
import { isPlain } from "./dialog.js";

let choices = Promise.resolve(); // one after another: each is added to what the one before has left

export function takeComparisons() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-compare], a[data-compare-clear]");
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    choices = choices.then(() => choose(link));
  });
  document.addEventListener("shown", mark);
}

async function choose(link) {
  const { compare: id } = link.dataset;
  const here = location.href;
  const url = new URL(link.href);
  // The comparison is the page that costs least; what is chosen may have changed since this page was loaded.
  url.searchParams.set("back", url.pathname.replace(/\/choose$/, ""));
  if (id) {
    for (const name of ["add", "remove"]) url.searchParams.delete(name);
    url.searchParams.set(chosen().has(id) ? "remove" : "add", id);
  }
  try {
    const { page } = await fetchApart(url);
    const tray = document.getElementById("tray");
    const hadFocus = tray.contains(document.activeElement);
    tray.replaceWith(page.getElementById("tray"));
    mark();
    announce(document.querySelector(".tray-full")?.textContent ?? page.getElementById("main").dataset.announce);
    if (hadFocus) (document.querySelector("#tray a") ?? document.getElementById("title")).focus({ preventScroll: true });
  } catch {
    url.searchParams.set("back", location.pathname + location.search);
    if (location.href === here && !isFetching()) location.assign(url); // else the shopper has gone on
  }
}

const chosen = () => new Set(Array.from(document.querySelectorAll("[data-compared]"), (item) => item.dataset.compared));

function mark() {
  const ids = chosen();
  for (const link of document.querySelectorAll(".compare-link")) {
    link.classList.toggle("is-compared", ids.has(link.dataset.compare));
  }
}
