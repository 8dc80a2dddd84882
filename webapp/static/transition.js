// Lets products that stay in sight move to their new places, where the browser can and the shopper wants it.
const still = matchMedia("(prefers-reduced-motion: reduce)");

export async function animate(next, change) {
  if (!document.startViewTransition || still.matches) return change();
  const staying = new Set(Array.from(next.querySelectorAll("[data-product]"), (element) => element.dataset.product));
  let named = name(staying);
  const transition = document.startViewTransition(() => {
    unname(named);
    change();
    named = name(new Set(named.keys()));
  });
  transition.ready.catch(() => {}); // it was skipped; the change is made all the same
  transition.finished.finally(() => unname(named));
  return transition.updateCallbackDone;
}

// Each name costs a picture of its element before anything changes, so only products that are, and stay, in sight have
// one; and each product once: two elements of one name would cancel the transition.
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
