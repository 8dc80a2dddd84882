// Sliders re-sort as they move: while one is dragged only the products change, on release the address does too.
import { formAddress } from "./addresses.js";
import { preview, visit } from "./navigation.js";
import { text } from "./texts.js";

const PAUSE = 100; // ms between two requests, at least
let next = null; // what the last move asks for, until its turn comes
let isBusy = false;

export function takeSliders() {
  document.addEventListener("input", (event) => moved(event, (slider) => preview(formAddress(slider.form))));
  // Not waited for: a move that follows overtakes it, before it replaces the slider.
  document.addEventListener("change", (event) => moved(event, (slider) => void visit(formAddress(slider.form), slider)));
  document.addEventListener("shown", setUp);
  setUp();
}

function moved(event, then) {
  const slider = event.target;
  if (!slider.matches?.("input[type=range]")) return;
  if (slider.dataset.field) span(slider);
  else showValue(slider);
  next = () => slider.isConnected && then(slider);
  if (!isBusy) setTimeout(run); // a key press moves and releases at once: only the last counts
  isBusy = true;
}

// The first move is answered at once, further ones when that answer is shown; those in between are left out.
async function run() {
  while (next) {
    const turn = next;
    next = null;
    await Promise.all([turn(), new Promise((resolve) => setTimeout(resolve, PAUSE))]);
  }
  isBusy = false;
}

// At least one aspect has to count, so the last slider can't go to zero.
function showValue(slider) {
  const aspects = [...slider.form.querySelectorAll("[data-aspect]")];
  if (slider.matches("[data-aspect]") && aspects.every((other) => Number(other.value) === 0)) slider.value = slider.step;
  const words = `${Math.round(slider.value * slider.dataset.scale)}`;
  slider.closest(".slider").querySelector(".slider-value").textContent = words;
  slider.setAttribute("aria-valuetext", text("of100", { value: words }));
}

// Two handles on one track fill the fields that forms use without script; a handle at its end sets no bound.
function span(slider) {
  const box = slider.closest("[data-span]");
  const [low, high] = box.querySelectorAll("input");
  if (Number(low.value) > Number(high.value)) slider.value = slider === low ? high.value : low.value;
  for (const [handle, end] of [[low, low.min], [high, high.max]]) {
    document.getElementById(handle.dataset.field).value = handle.value === end ? "" : handle.value;
  }
  paint(box);
}

function paint(box) {
  for (const [index, handle] of box.querySelectorAll("input").entries()) {
    const part = (handle.value - handle.min) / (handle.max - handle.min);
    box.style.setProperty(index ? "--high" : "--low", `${part * 100}%`);
    handle.setAttribute("aria-valuetext", handle.value);
  }
}

function setUp() {
  for (const box of document.querySelectorAll("[data-span]")) {
    box.hidden = false;
    paint(box);
  }
}
