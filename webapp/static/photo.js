// Shows a photograph that is chosen, dropped or pasted, with a frame around the part to search with.
import { fetchPage } from "./request.js";
import { show } from "./regions.js";

const LEAST = 0.05; // of the picture's width and height
const WHOLE = { x: 0, y: 0, w: 1, h: 1 };
const STEP = 0.02;
let box = { ...WHOLE };
let address = null; // object URL of the photograph
const previewed = new WeakMap(); // the photograph of each form
let thumbnail = null; // of the photograph sent last

export function setUp(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "true";
  for (const part of form.querySelectorAll("[data-script-only]")) part.hidden = false;
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => input.files[0] && preview(form, input));
  }
  form.querySelector("[data-crop-whole]").addEventListener("click", () => place(form, WHOLE));
  form.addEventListener("submit", () => (thumbnail = small(form)), true);
  const frame = form.querySelector(".crop-box");
  frame.addEventListener("keydown", (event) => onKey(event, form));
  form.querySelector(".crop-stage").addEventListener("pointerdown", (event) => onPointer(event, form));
  // Chosen before this code had loaded, or restored by the browser.
  const chosen = [...form.querySelectorAll("input[type=file]")].find((input) => input.files[0]);
  if (chosen) preview(form, chosen);
}

// Goes from any page to the photograph page, and puts the file into its form.
export async function take(file, url) {
  if (!document.querySelector("[data-photo-form]")) {
    const { page, url: finalUrl } = await fetchPage(url);
    history.pushState({}, "", finalUrl);
    show(page);
  }
  const form = document.querySelector("[data-photo-form]");
  setUp(form);
  const input = form.querySelector("#photo-file");
  const files = new DataTransfer();
  files.items.add(file);
  input.files = files.files;
  preview(form, input);
}

// Shows the shopper's photograph in the row of anchors. The shop doesn't store it, so a small copy is kept in this tab;
// other tabs show a camera icon instead.
export function showThumbnails() {
  for (const place of document.querySelectorAll("[data-photo]:not(:has(img))")) {
    const key = `photo:${place.dataset.photo}`;
    if (thumbnail) {
      sessionStorage.setItem(key, thumbnail);
      thumbnail = null;
    }
    const copy = sessionStorage.getItem(key);
    if (copy) place.replaceChildren(Object.assign(new Image(), { src: copy, alt: "Your photograph" }));
  }
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
  form.querySelector("[data-photo-drop]").classList.add("has-photo");
  const image = form.querySelector(".crop-image");
  image.src = url;
  try {
    await image.decode();
    if (address === url) place(form, WHOLE);
  } catch {
    // No preview of what the browser can't show, such as TIFF; that another choice came first says nothing about it.
    if (address === url) form.querySelector("[data-crop]").hidden = true;
  }
}

function place(form, next) {
  const w = clamp(next.w, LEAST, 1);
  const h = clamp(next.h, LEAST, 1);
  box = { w, h, x: clamp(next.x, 0, 1 - w), y: clamp(next.y, 0, 1 - h) };
  const frame = form.querySelector(".crop-box");
  for (const [name, value] of [["left", box.x], ["top", box.y], ["width", w], ["height", h]]) {
    frame.style[name] = `${value * 100}%`;
  }
  const whole = w > 0.999 && h > 0.999;
  form.elements.box.value = whole ? "" : [box.x, box.y, w, h].map((value) => value.toFixed(4)).join(",");
  const size = `${Math.round(w * 100)} × ${Math.round(h * 100)} % of the picture counts`;
  form.querySelector("[data-crop-size]").textContent = whole ? "The whole picture counts" : size;
}

function onKey(event, form) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
  if (!dx && !dy) return;
  event.preventDefault();
  const { x, y, w, h } = box;
  const moved = { ...box, x: x + dx * STEP, y: y + dy * STEP };
  const sized = { ...box, w: Math.min(w + dx * STEP, 1 - x), h: Math.min(h + dy * STEP, 1 - y) };
  place(form, event.shiftKey ? sized : moved);
}

// Dragging a corner resizes the frame, dragging inside moves it, dragging outside draws a new one.
function onPointer(event, form) {
  if (event.button) return;
  event.preventDefault();
  const stage = form.querySelector(".crop-stage").getBoundingClientRect();
  const at = (e) => [clamp((e.clientX - stage.left) / stage.width, 0, 1), clamp((e.clientY - stage.top) / stage.height, 0, 1)];
  const [x0, y0] = at(event);
  const start = { ...box };
  const corner = event.target.dataset.corner;
  const whole = start.w > 0.999 && start.h > 0.999;
  const inside = !whole && event.target.closest(".crop-box");
  const [fx, fy] = corner ? opposite(start, corner) : [x0, y0];
  const move = (e) => {
    const [x, y] = at(e);
    if (inside && !corner) place(form, { ...start, x: start.x + x - x0, y: start.y + y - y0 });
    else place(form, { x: Math.min(fx, x), y: Math.min(fy, y), w: Math.abs(x - fx), h: Math.abs(y - fy) });
  };
  const end = () => {
    removeEventListener("pointermove", move);
    form.querySelector(".crop-box").focus({ preventScroll: true });
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end, { once: true });
  addEventListener("pointercancel", end, { once: true });
}

function opposite({ x, y, w, h }, corner) {
  return [corner.includes("w") ? x + w : x, corner.includes("n") ? y + h : y];
}

function small(form) {
  const image = form.querySelector(".crop-image");
  if (!image.naturalWidth) return null;
  const [width, height] = [box.w * image.naturalWidth, box.h * image.naturalHeight];
  const scale = 160 / Math.max(width, height);
  const canvas = Object.assign(document.createElement("canvas"), { width: width * scale, height: height * scale });
  const from = [box.x * image.naturalWidth, box.y * image.naturalHeight, width, height];
  canvas.getContext("2d").drawImage(image, ...from, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.8);
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
