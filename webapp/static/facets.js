// Finds values within a facet that has many.
export function searchFacets() {
  document.addEventListener("input", ({ target }) => target.matches?.("[data-facet-search]") && narrow(target));
  document.addEventListener("shown", setUp);
  setUp();
}

function setUp() {
  for (const box of document.querySelectorAll("[data-facet-search]")) {
    box.hidden = false;
    narrow(box);
  }
}

function narrow(box) {
  const words = fold(box.value.trim());
  for (const item of box.closest(".facet").querySelectorAll("li")) {
    item.hidden = !fold(item.querySelector(".choice-label").textContent).includes(words);
  }
}

// "creme" finds "Crème".
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
