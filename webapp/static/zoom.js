// A product's pictures, large: zoomed by wheel, pinch, double click, buttons or + and -, moved by dragging or arrows.
import { openDialog } from "./dialog.js";

const MOST = 6;
const STEP = 1.5;
const MOVE = 80; // pixels that an arrow key moves a zoomed picture by

export function enlarge(link) {
  const links = [...link.closest(".sheet-picture").querySelectorAll("[data-zoom]")];
  const content = link.closest(".gallery").querySelector("template[data-zoom-view]").content.cloneNode(true);
  const image = content.querySelector("img");
  const view = { image, scale: 1, x: 0, y: 0, pointers: new Map() };
  const dialog = openDialog(content, link.title, "zoom");
  let index = links.indexOf(link);

  const turn = (by) => {
    index = (index + by + links.length) % links.length;
    const small = links[index].querySelector("img");
    image.src = links[index].href;
    image.alt = small.alt;
    dialog.querySelector("[data-zoom-count]").textContent = links.length > 1 ? `${index + 1} / ${links.length}` : "";
    set(view, 1, 0, 0);
  };
  turn(0);
  for (const button of dialog.querySelectorAll("[data-zoom-turn]")) {
    button.hidden = links.length < 2;
    button.addEventListener("click", () => turn(Number(button.dataset.zoomTurn)));
  }
  for (const button of dialog.querySelectorAll("[data-zoom-by]")) {
    button.addEventListener("click", () => zoom(view, STEP ** Number(button.dataset.zoomBy)));
  }
  dialog.addEventListener("keydown", (event) => onKey(event, view, turn));
  const stage = dialog.querySelector(".zoom-stage");
  stage.addEventListener("wheel", (event) => onWheel(event, view), { passive: false });
  stage.addEventListener("dblclick", (event) => zoom(view, view.scale > 1 ? 1 / view.scale : 2.5, event));
  stage.addEventListener("pointerdown", (event) => onPointer(event, view, stage));
  stage.focus();
}

function onKey(event, view, turn) {
  const [dx, dy] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
  if (event.key === "+" || event.key === "=") zoom(view, STEP);
  else if (event.key === "-") zoom(view, 1 / STEP);
  else if (event.key === "0") set(view, 1, 0, 0);
  else if ((dx || dy) && view.scale > 1) set(view, view.scale, view.x + dx * MOVE, view.y + dy * MOVE);
  else if (dx) turn(-dx);
  else return;
  event.preventDefault();
}

function onWheel(event, view) {
  event.preventDefault();
  zoom(view, Math.exp(-event.deltaY / 400), event);
}

// One finger, or the mouse, moves a zoomed picture; two zoom it.
function onPointer(event, view, stage) {
  const { pointers } = view;
  event.preventDefault(); // the browser would drag the image
  stage.focus();
  pointers.set(event.pointerId, event);
  stage.setPointerCapture(event.pointerId);
  if (pointers.size > 1) return;
  const move = (next) => {
    const before = [...pointers.values()];
    if (!pointers.has(next.pointerId)) return;
    pointers.set(next.pointerId, next);
    const after = [...pointers.values()];
    const [from, to] = [middle(before), middle(after)];
    if (after.length > 1) zoom(view, spread(after) / (spread(before) || 1), to);
    set(view, view.scale, view.x + to.clientX - from.clientX, view.y + to.clientY - from.clientY);
  };
  const end = (last) => {
    pointers.delete(last.pointerId);
    if (pointers.size) return;
    stage.removeEventListener("pointermove", move);
    for (const kind of ["pointerup", "pointercancel"]) stage.removeEventListener(kind, end);
  };
  stage.addEventListener("pointermove", move);
  for (const kind of ["pointerup", "pointercancel"]) stage.addEventListener(kind, end);
}

function middle(pointers) {
  const sum = (name) => pointers.reduce((total, pointer) => total + pointer[name], 0) / pointers.length;
  return { clientX: sum("clientX"), clientY: sum("clientY") };
}

const spread = ([one, two]) => Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);

// Zooms by a factor, so that what is at a point, or in the middle, stays there.
function zoom(view, factor, point = null) {
  const scale = Math.min(Math.max(view.scale * factor, 1), MOST);
  const area = view.image.parentElement.getBoundingClientRect();
  const [px, py] = point ? [point.clientX - area.left - area.width / 2, point.clientY - area.top - area.height / 2] : [0, 0];
  const by = scale / view.scale;
  set(view, scale, px - (px - view.x) * by, py - (py - view.y) * by);
}

function set(view, scale, x, y) {
  const { image } = view;
  const [mx, my] = [(image.clientWidth * (scale - 1)) / 2, (image.clientHeight * (scale - 1)) / 2];
  Object.assign(view, { scale, x: Math.min(Math.max(x, -mx), mx), y: Math.min(Math.max(y, -my), my) });
  image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${scale})`;
  image.parentElement.classList.toggle("is-zoomed", scale > 1);
}
