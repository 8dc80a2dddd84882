// Shows a photograph that is chosen, dropped or pasted, with a frame around the part to search with.
import { visit } from "./navigation.js";
import { percent, text } from "./texts.js";
import { Lens, WHOLE, boxKey, clamp, fitted } from "./lens.js";

const STEP = 0.02;
const TAP = 4; // pixels that a tap may wander
let box = { ...WHOLE };
let address = null; // object URL of the photograph
const previewed = new WeakMap(); // the photograph of each form
const lenses = new WeakMap(); // by form

export function setUp(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "true";
  for (const part of form.querySelectorAll("[data-script-only]")) part.hidden = false;
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => input.files[0] && preview(form, input));
  }
  const lens = new Lens(form, { box: () => box, place: (next) => place(form, next), small: (part) => small(form, part) });
  lenses.set(form, lens);
  form.querySelector("[data-crop-whole]").addEventListener("click", () => move(form, WHOLE));
  form.addEventListener("submit", (event) => {
    if (!lens.copy) return; // nothing is chosen
    event.preventDefault();
    lens.open();
  });
  const frame = form.querySelector(".crop-box");
  frame.addEventListener("keydown", (event) => onKey(event, form));
  form.querySelector(".crop-stage").addEventListener("pointerdown", (event) => onPointer(event, form));
  // Chosen before this code had loaded, or restored by the browser.
  const chosen = [...form.querySelectorAll("input[type=file]")].find((input) => input.files[0]);
  if (chosen) preview(form, chosen);
}

// Goes from any page to the photograph page, and puts the file into its form.
export async function take(file, url) {
  const isThere = document.querySelector("[data-photo-form]") || (await visit(url, document.getElementById("title")));
  if (!isThere) return;
  const form = document.querySelector("[data-photo-form]");
  setUp(form);
  const input = form.querySelector("#photo-file");
  const files = new DataTransfer();
  files.items.add(file);
  input.files = files.files;
  preview(form, input);
}

// Shows the shopper's photograph: in the row of anchors, and behind its parts. The shop doesn't store it, so a small copy
// is kept in this tab; other tabs show a camera icon and the parts' outlines instead.
export function showThumbnails() {
  const drawing = document.querySelector("[data-photograph]");
  const token = drawing?.dataset.photograph;
  for (const place of document.querySelectorAll("[data-photo]:not(:has(img))")) {
    const key = `photo:${token ?? place.dataset.photo}`;
    const copy = sessionStorage.getItem(key);
    if (copy) place.replaceChildren(Object.assign(new Image(), { src: copy, alt: text("photo") }));
    if (copy && drawing && !drawing.querySelector("image")) drawing.firstElementChild.after(behind(drawing, copy));
  }
}

function behind(drawing, copy) {
  const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
  const { width, height } = drawing.viewBox.baseVal;
  for (const [name, value] of Object.entries({ href: copy, width, height, preserveAspectRatio: "none" })) {
    image.setAttribute(name, value);
  }
  return image;
}

async function preview(form, input) {
  // The event of a choice that was seen before: its frame may have been moved since.
  if (previewed.get(form) === input.files[0]) return;
  previewed.set(form, input.files[0]);
  for (const other of form.querySelectorAll("input[type=file]")) if (other !== input) other.value = "";
  if (address) URL.revokeObjectURL(address);
  const url = (address = URL.createObjectURL(input.files[0]));
  form.querySelector("[data-crop]").hidden = false;
  form.querySelector("[data-crop-whole]").hidden = false;
  form.closest(".lens").classList.add("has-photo");
  const image = form.querySelector(".crop-image");
  image.src = url;
  const lens = lenses.get(form);
  const isShown = await lens.begin(image, input.files[0]);
  if (address !== url) return; // another was chosen meanwhile
  place(form, WHOLE);
  // No frame around what the browser can't show, such as TIFF, and nothing of the photograph before.
  for (const part of form.querySelectorAll("[data-crop], [data-crop-whole]")) part.hidden = !isShown;
  if (isShown) lens.search();
  else lens.results.hidden = true;
}

// Moves the frame as the shopper does, and searches for what is in it.
function move(form, next) {
  place(form, next);
  lenses.get(form).changed();
}

function place(form, next) {
  box = fitted(next);
  const { w, h } = box;
  for (const frame of form.querySelectorAll(".crop-box, .crop-window")) {
    for (const [name, value] of [["left", box.x], ["top", box.y], ["width", w], ["height", h]]) {
      frame.style[name] = `${value * 100}%`;
    }
  }
  const whole = !boxKey(box);
  form.elements.box.value = boxKey(box);
  const size = text("part", { width: percent(w), height: percent(h) });
  form.querySelector("[data-crop-size]").textContent = whole ? text("whole") : size;
}

function onKey(event, form) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
  if (!dx && !dy) return;
  event.preventDefault();
  const { x, y, w, h } = box;
  const moved = { ...box, x: x + dx * STEP, y: y + dy * STEP };
  const sized = { ...box, w: Math.min(w + dx * STEP, 1 - x), h: Math.min(h + dy * STEP, 1 - y) };
  move(form, event.shiftKey ? sized : moved);
}

// Dragging a corner resizes the frame, dragging inside moves it, dragging outside draws a new one.
function onPointer(event, form) {
  if (event.button) return;
  event.preventDefault();
  const stage = form.querySelector(".crop-stage").getBoundingClientRect();
  const at = (e) => [clamp((e.clientX - stage.left) / stage.width, 0, 1), clamp((e.clientY - stage.top) / stage.height, 0, 1)];
  const [x0, y0] = at(event);
  const start = { ...box };
  let dragged = false; // a tap leaves the frame as it is
  const corner = event.target.dataset.corner;
  const whole = start.w > 0.999 && start.h > 0.999;
  const inside = !whole && x0 >= start.x && x0 <= start.x + start.w && y0 >= start.y && y0 <= start.y + start.h;
  const [fx, fy] = corner ? opposite(start, corner) : [x0, y0];
  const drag = (e) => {
    if (!dragged && Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY) < TAP) return;
    dragged = true;
    const [x, y] = at(e);
    if (inside && !corner) move(form, { ...start, x: start.x + x - x0, y: start.y + y - y0 });
    else move(form, { x: Math.min(fx, x), y: Math.min(fy, y), w: Math.abs(x - fx), h: Math.abs(y - fy) });
  };
  const over = new AbortController();
  const end = () => {
    over.abort();
    form.querySelector(".crop-box").focus({ preventScroll: true });
  };
  addEventListener("pointermove", drag, { signal: over.signal });
  for (const type of ["pointerup", "pointercancel"]) addEventListener(type, end, { signal: over.signal });
}

function opposite({ x, y, w, h }, corner) {
  return [corner.includes("w") ? x + w : x, corner.includes("n") ? y + h : y];
}

function small(form, part) {
  const image = form.querySelector(".crop-image");
  if (!image.naturalWidth) return null;
  const [width, height] = [part.w * image.naturalWidth, part.h * image.naturalHeight];
  const scale = Math.min(1, 480 / Math.max(width, height)); // enough to show its parts
  const canvas = Object.assign(document.createElement("canvas"), { width: width * scale, height: height * scale });
  const from = [part.x * image.naturalWidth, part.y * image.naturalHeight, width, height];
  canvas.getContext("2d").drawImage(image, ...from, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.8);
}
