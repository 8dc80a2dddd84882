// Lets products that stay in sight move to their new places, where the browser can and the shopper wants it.
const still = matchMedia("(prefers-reduced-motion: reduce)");

export async function animate(change) {
  if (!document.startViewTransition || still.matches) return change();
  let named = name();
  const transition = document.startViewTransition(() => {
    unname(named);
    change();
    named = name();
  });
  transition.ready.catch(() => {}); // it was skipped; the change is made all the same
  transition.finished.finally(() => unname(named));
  return transition.updateCallbackDone;
}

// Only what is in sight, and each product once: two elements of one name would cancel the transition.
function name() {
  const names = new Map();
  for (const element of document.querySelectorAll("[data-product]")) {
    const { top, bottom } = element.getBoundingClientRect();
    const id = CSS.escape(`product-${element.dataset.product}`);
    if (bottom > 0 && top < innerHeight && !names.has(id)) names.set(id, element);
  }
  for (const [id, element] of names) element.style.viewTransitionName = id;
  return names.values();
}

function unname(elements) {
  for (const element of elements) element.style.viewTransitionName = "";
}
