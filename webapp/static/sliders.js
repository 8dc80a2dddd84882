// Sliders re-sort as they move: while one is held, only the products change; let go, the address does too.
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
  else tell(slider);
  clearTimeout(timer);
  timer = setTimeout(() => slider.isConnected && then(slider), PAUSE);
}

// Something has to count: the last slider doesn't go to zero.
function tell(slider) {
  const aspects = [...slider.form.querySelectorAll("[data-aspect]")];
  if (slider.matches("[data-aspect]") && aspects.every((other) => Number(other.value) === 0)) slider.value = slider.step;
  const words = `${Math.round(slider.value * slider.dataset.scale)}`;
  slider.closest(".slider").querySelector(".slider-value").textContent = words;
  slider.setAttribute("aria-valuetext", `${words} of 100`);
}

// Two handles on one track. They write the fields that are there without script; at its end a handle sets no bound.
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
