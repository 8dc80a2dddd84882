// Sliders re-sort as they move: while one is dragged only the products change, on release the address does too.
import { formAddress, preview, visit } from "./navigation.js";

const PAUSE = 90; // ms without a move before anything is fetched
let timer = null;

export function takeSliders() {
  document.addEventListener("input", (event) => moved(event, (slider) => preview(formAddress(slider.form))));
  document.addEventListener("change", (event) => moved(event, (slider) => visit(formAddress(slider.form), slider)));
  document.addEventListener("shown", setUp);
  setUp();
}

function moved(event, then) {
  const slider = event.target;
  if (!slider.matches?.("input[type=range]")) return;
  if (slider.dataset.field) span(slider);
  else showValue(slider);
  clearTimeout(timer);
  timer = setTimeout(() => slider.isConnected && then(slider), PAUSE);
}

// At least one aspect has to count, so the last slider can't go to zero.
function showValue(slider) {
  const aspects = [...slider.form.querySelectorAll("[data-aspect]")];
  if (slider.matches("[data-aspect]") && aspects.every((other) => Number(other.value) === 0)) slider.value = slider.step;
  const words = `${Math.round(slider.value * slider.dataset.scale)}`;
  slider.closest(".slider").querySelector(".slider-value").textContent = words;
  slider.setAttribute("aria-valuetext", `${words} of 100`);
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
