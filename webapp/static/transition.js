// Animates products that stay in view to their new places, if the browser can and the shopper allows motion.
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

export async function animate(next, change) {
  if (!document.startViewTransition || reducedMotion.matches) return change();
  const staying = new Set(Array.from(next.querySelectorAll("[data-product]"), (element) => element.dataset.product));
  let named = name(staying);
  const transition = document.startViewTransition(() => {
    unname(named);
    change();
    named = name(new Set(named.keys()));
  });
  transition.ready.catch(() => {}); // skipped, but the change is made all the same
  transition.finished.finally(() => unname(named));
  return transition.updateCallbackDone;
}

// The browser takes a snapshot of each named element before the change, so only products that are in view and stay are
// named, and each only once, because duplicate names cancel the transition.
function name(products) {
  const named = new Map();
  for (const element of document.querySelectorAll("[data-product]")) {
    const { product } = element.dataset;
    const { top, bottom } = element.getBoundingClientRect();
    if (products.has(product) && bottom > 0 && top < innerHeight && !named.has(product)) named.set(product, element);
  }
  for (const [product, element] of named) element.style.viewTransitionName = CSS.escape(`product-${product}`);
  return named;
}

function unname(named) {
  for (const element of named.values()) element.style.viewTransitionName = "";
}
