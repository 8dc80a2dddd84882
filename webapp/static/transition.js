// Moves products that stay in view to their new places, if the shopper allows motion. The new page is on the screen with
// the next frame; a view transition takes a picture of each product first, which delays the answer to every click.
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const MOVE = { duration: 260, easing: "cubic-bezier(0.3, 0.7, 0.1, 1)" };

export function animate(change) {
  if (reducedMotion.matches) return change();
  const before = inView();
  change();
  for (const [product, { element, left, top, width }] of inView()) {
    const was = before.get(product);
    const stays = !was || Math.abs(was.width - width) > 1 || (was.left === left && was.top === top);
    if (stays) continue; // or it has become something else: a card is now a small picture above
    element.animate({ transform: [`translate(${was.left - left}px, ${was.top - top}px)`, "none"] }, MOVE);
  }
}

// Returns the products in view by id, each with its first place.
function inView() {
  const places = new Map();
  for (const element of document.querySelectorAll("[data-product]")) {
    const { left, top, bottom, width } = element.getBoundingClientRect();
    const { product } = element.dataset;
    if (bottom > 0 && top < innerHeight && !places.has(product)) places.set(product, { element, left, top, width });
  }
  return places;
}
