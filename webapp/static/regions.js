// The parts of a page that change between addresses.

export function regions(page) {
  return { title: page.title, nodes: [...page.querySelectorAll("[data-region]")] };
}

// Shows a parsed page, or regions that `regions` returned earlier.
export function show(page) {
  const next = page.nodes ? page : regions(page);
  for (const node of next.nodes) {
    const old = document.getElementById(node.id);
    keepOpen(old, node);
    old.replaceWith(node);
  }
  document.title = next.title;
  document.dispatchEvent(new Event("shown"));
}

export function announce(text = document.getElementById("main").dataset.announce) {
  document.getElementById("status").textContent = text;
}

// Keeps the focus on the control that was used, without scrolling. If the control is gone, such as the heart of a product
// that has moved to the anchors, reading restarts at the top.
export function focusAfter(trigger) {
  const key = trigger.closest("[data-key]")?.dataset.key;
  const same = key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (same) {
    (same.querySelector("summary") ?? same).focus({ preventScroll: true });
    return;
  }
  document.getElementById("title").focus({ preventScroll: true });
  const top = document.querySelector("[data-top]") ?? document.getElementById("main");
  scrollTo(0, Math.min(scrollY, top.getBoundingClientRect().top + scrollY - 16));
}

function keepOpen(old, next) {
  for (const details of old.querySelectorAll("details[data-keep]")) {
    const same = next.querySelector(`details[data-keep="${CSS.escape(details.dataset.keep)}"]`);
    if (same) same.open = details.open;
  }
}
