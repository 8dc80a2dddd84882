// Fetches ahead what costs the shop nothing more: the page of a link while it is pressed, and the next products once the
// end of the list is near.
import { fetchAhead, forget, productsOf } from "./request.js";

const PRESSED = 2, NEAR = 60; // seconds that what was fetched ahead may be shown; a list's next page doesn't change
const isSparing = () => navigator.connection?.saveData || /2g/.test(navigator.connection?.effectiveType ?? "");

export function fetchWhatIsNext() {
  document.addEventListener("pointerdown", pressed);
  for (const type of ["shown", "results"]) document.addEventListener(type, watchEnd);
  watchEnd();
}

// A mouse is released a tenth of a second after it was pressed. A finger that touches may be about to scroll.
function pressed(event) {
  const link = event.target.closest?.("a[data-swap]");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || event.pointerType !== "mouse" || link.origin !== location.origin) return;
  fetchAhead(link.href, PRESSED);
  const over = new AbortController();
  const released = ({ type, target }) => {
    over.abort();
    if (type === "dragstart" || !link.contains(target)) withdraw(link.href);
  };
  for (const type of ["pointerup", "dragstart"]) addEventListener(type, released, { signal: over.signal, capture: true });
}

// The shop takes an address for visited and remembers its likes: asking for the current one sets that right.
function withdraw(address) {
  forget(address);
  fetch(location.href, { method: "HEAD" }).catch(() => {});
}

const end = new IntersectionObserver(near, { rootMargin: "0px 0px 100% 0px" });

function watchEnd() {
  end.disconnect();
  const link = document.querySelector("a[data-more]");
  if (link) end.observe(link);
}

function near(entries) {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting && !isSparing()) fetchAhead(productsOf(target.href), NEAR);
  }
}
