// Arranges the products of a rule's page without a page load. The buttons do the same without script: the server knows
// what a move means, here its answer replaces the form.
import { announce } from "./regions.js";

const form = () => document.querySelector("[data-editor]");
let dragged = null; // the product's list item
let turns = Promise.resolve(); // one command after another: each changes what the one before has left
let waiting = 0; // commands whose answer isn't shown yet

document.addEventListener("click", (event) => {
  const button = event.target.closest?.('button[name="do"]');
  if (!button || button.formMethod === "get" || !form()?.contains(button)) return;
  event.preventDefault();
  send(button.value, button.dataset.key);
});

// Saves what the last command has left.
document.addEventListener("submit", (event) => {
  const { submitter } = event;
  if (!waiting || event.target !== form() || !submitter) return;
  event.preventDefault();
  const same = `button[name="${submitter.name}"][value="${submitter.value}"]`;
  turns.then(() => form().requestSubmit(form().querySelector(same)));
});

function send(command, key = "") {
  waiting++;
  turns = turns.then(() => run(command, key)).finally(() => waiting--);
}

async function run(command, key) {
  const editor = form();
  const fields = new FormData(editor);
  const before = typed(editor);
  fields.set("do", command);
  editor.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(editor.getAttribute("action"), { method: "POST", body: fields, redirect: "error" });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-editor]");
    if (!next) throw new Error(`answered ${answer.status}`);
    for (const [id, value] of typed(editor)) {
      const field = value === before.get(id) ? null : next.querySelector(`#${CSS.escape(id)}`);
      if (field) field.value = value; // it was typed meanwhile
    }
    editor.replaceWith(next);
    makeDraggable();
    focusOn(key);
    announce(next.querySelector("[data-effects]")?.textContent.trim().replace(/\s+/g, " ") ?? "");
  } catch {
    sendByItself(editor, command); // logged out, or offline: the browser says so
  }
}

const typed = (editor) => new Map(Array.from(editor.querySelectorAll("input[id], textarea[id]"), ({ id, value }) => [id, value]));

function sendByItself(editor, command) {
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "do", value: command });
  editor.append(field);
  editor.submit();
}

// Focus stays on the same button of the same product, wherever it has gone.
function focusOn(key) {
  const again = key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again) again.focus();
  else if (key) document.getElementById("preview-title").scrollIntoView({ block: "nearest" });
}

function makeDraggable() {
  if (!document.querySelector(".placed .acts")) return; // who may only look moves nothing
  for (const item of document.querySelectorAll(".placed")) item.draggable = true;
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".placed") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.product);
  dragged.classList.add("is-dragged");
});

document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest?.(".placed");
  if (!over) return;
  event.preventDefault(); // it may be dropped here
  mark(over);
});

document.addEventListener("drop", (event) => {
  const over = dragged && event.target.closest?.(".placed");
  if (!over) return;
  event.preventDefault();
  const { product, place } = dragged.dataset;
  if (over !== dragged) send(`place:${place}:${over.dataset.place}:${product}`, `pin:${product}`);
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  mark(null);
});

function mark(item) {
  for (const other of document.querySelectorAll(".is-target")) if (other !== item) other.classList.remove("is-target");
  item?.classList.add("is-target");
}

// The last field of a list has another one after it as soon as it holds something. Without script "Show" brings one.
document.addEventListener("input", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (!row || row.nextElementSibling?.matches("[data-row]") || !event.target.value.trim()) return;
  const next = row.cloneNode(true);
  for (const extra of next.querySelectorAll(".fault, .quiet")) extra.remove();
  for (const input of next.querySelectorAll("input")) {
    input.value = "";
    input.removeAttribute("aria-invalid");
    if (input.id) input.id = following(input.id);
    input.ariaLabel = following(input.ariaLabel);
    const hint = input.getAttribute("aria-describedby")?.match(/hint-\S+/);
    hint ? input.setAttribute("aria-describedby", hint[0]) : input.removeAttribute("aria-describedby");
  }
  row.after(next);
});

const following = (name) => name.replace(/\d+$/, (number) => Number(number) + 1);

makeDraggable();
