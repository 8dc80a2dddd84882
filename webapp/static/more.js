// "Show more" appends the products of the next page. The address stays the same.
import { fetchPage, isOvertaken, productsOf, settled } from "./request.js";
import { announce } from "./regions.js";
import { number, text } from "./texts.js";

export function interceptMore() {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-more]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (link.ariaBusy === "true") return;
    link.ariaBusy = "true";
    try {
      await settled();
      if (!link.isConnected) return; // the list has changed meanwhile
      const { page } = await fetchPage(productsOf(link.href));
      if (link.isConnected) append(link, page);
    } catch (error) {
      if (!isOvertaken(error)) location.assign(link.href);
    } finally {
      link.ariaBusy = null;
    }
  });
}

function append(link, page) {
  const grid = document.getElementById("grid");
  const present = new Set([...grid.children].map((card) => card.dataset.product));
  const cards = [...page.querySelectorAll("#grid > [data-product]")].filter((card) => !present.has(card.dataset.product));
  grid.append(...cards);
  cards[0]?.querySelector("a").focus({ preventScroll: true });

  const box = link.closest(".more");
  const total = Number(box.dataset.total);
  const progress = { shown: number(grid.children.length), total: number(total) };
  const next = page.querySelector("a[data-more]");
  if (next && grid.children.length < total) link.href = next.href;
  else link.remove();
  const words = box.querySelector("[data-shown]");
  if (words) words.textContent = text("shown", progress);
  announce(text("shownProducts", progress));
  document.dispatchEvent(new Event("results"));
}
