// Sliders re-sort as they move: while one is dragged only the products change, on release the address does too.
import { adjusted, formAddress } from "./addresses.js";
import { current, inTurn, newest, preview, visit } from "./navigation.js";
import { overtake } from "./request.js";
import { text } from "./texts.js";

const PAUSE = 100; // ms between two requests, at least
let next = null; // what the last move asks for, until its turn comes
let isBusy = false;
let released = null; // the last release, and what of it is under way

export function takeSliders() {
  document.addEventListener("input", (event) => moved(event, (slider) => () => drag(slider)));
  document.addEventListener("change", (event) => moved(event, release));
  document.addEventListener("shown", setUp);
  setUp();
}

function moved(event, then) {
  const slider = event.target;
  if (!slider.matches?.("input[type=range]")) return;
  if (slider.dataset.field) span(slider);
  else showValue(slider);
  next = then(slider);
  if (!isBusy) setTimeout(run); // a key press moves and releases at once: only the last counts
  isBusy = true;
}

// Shows what a slider would do; not while the page changes by another press, which that would stop.
function drag(slider) {
  return slider.isConnected && (!newest() || isReleased(slider.form)) && preview(formAddress(slider.form));
}

const isReleased = (form) => released?.form === form && released.turn === newest();

// A release has its turn among the presses. Further ones of the form replace it until another press follows: each
// overtakes the one before, which would replace the slider. Returns what does that.
function release(slider) {
  const isFirst = !isReleased(slider.form);
  if (isFirst) released = { form: slider.form, from: location.href };
  const own = released;
  Object.assign(own, { slider, to: formAddress(slider.form) });
  if (isFirst) own.turn = inTurn(() => show(own));
  return () => {
    if (own.turn !== newest() || !own.sent || own.sent === own.to) return;
    own.isAgain = true;
    overtake();
  };
}

async function show(own) {
  let isShown;
  do {
    own.isAgain = false;
    own.sent = own.to;
    const url = adjusted(location.href, own.from, own.sent);
    isShown = await visit(url, current(own.slider) ?? document.getElementById("title"));
  } while (own.isAgain || (isShown && own.sent !== own.to));
  return isShown;
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
