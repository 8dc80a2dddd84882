// What looks like the part of a photograph in the frame, next to it: searched again as the frame or the words change.
import { fetchPage, isOvertaken } from "./request.js";
import { send, visit } from "./navigation.js";
import { announce } from "./regions.js";
import { counted, text } from "./texts.js";

const PAUSE = 350; // milliseconds without a change before it is searched for
const LEAST = 0.05; // of the picture's width and height
const SLOW = 1000; // milliseconds until it says that it is searching
const TRIES = 3; // of a search that the shop is too busy for, the shopper's own with them
const LONGEST = 10; // seconds until the next of them
const SIDE = 1600; // pixels of the copy that is sent: the shop shrinks photographs further
export const WHOLE = { x: 0, y: 0, w: 1, h: 1 };

// One photograph, its frame and its words.
export class Lens {
  constructor(form, { box, place, small }) {
    Object.assign(this, { form, box, place, small });
    this.results = document.querySelector("[data-lens]");
    this.parts = []; // what was found, or searched for, in the photograph: its box, address and label
    this.shown = { key: null, url: null };
    this.searching = null;
    form.elements.text.addEventListener("input", () => this.changed());
  }

  // Takes another photograph; false if the browser can't show it.
  async begin(image, file) {
    this.parts = [];
    this.shown = { key: null, url: null };
    this.searching = null; // what is searched for is in the photograph before
    this.moved = false;
    this.markDots();
    this.copy = image.decode().then(() => copyOf(image, file), () => null);
    return Boolean(await this.copy);
  }

  // The frame or the words were changed by the shopper.
  changed() {
    this.moved = true;
    this.markDots();
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => (await this.copy) && this.search(), PAUSE);
  }

  get words() {
    return this.form.elements.text.value.trim();
  }

  get key() {
    return JSON.stringify([boxKey(this.box()), this.words]);
  }

  // Goes to the list of what is in the frame; a photograph that the browser can't show is sent as it is.
  async open() {
    if (!(await this.copy)) return send(this.form, this.form);
    await this.search();
    if (this.shown.key === this.key) await visit(this.shown.url, this.form); // else the reason is shown
  }

  search() {
    clearTimeout(this.timer);
    const { key } = this;
    if (key === this.shown.key) return Promise.resolve();
    if (this.searching?.key !== key) {
      const search = (this.searching = { key });
      search.done = this.find(search);
    }
    return this.searching.done;
  }

  async find(search) {
    const box = this.box();
    const known = this.parts.find((part) => boxKey(part.box) === boxKey(box));
    this.say("");
    const slow = setTimeout(() => this.searching === search && !this.said && this.say(text("looking")), SLOW);
    try {
      const answer = await this.persist(search, () => (known ? this.fetch(this.withWords(known.url)) : this.upload()));
      if (this.searching !== search) return; // another photograph was chosen, or another part
      if (!answer.page.querySelector("[data-body]")) return this.say(reason(answer.page));
      if (!known) this.learn(box, answer);
      if (search.key === this.key || !this.moved) this.show(this.key, answer);
    } catch (error) {
      if (this.searching === search) this.say(isOvertaken(error) ? "" : text("unreachable"));
    } finally {
      clearTimeout(slow);
      if (this.searching === search) this.searching = null;
    }
  }

  // Asks again, saying so, while the shop is too busy and says when it won't be; after some tries the reason is shown.
  async persist(search, ask) {
    for (let tries = 1; ; tries++) {
      const answer = await ask();
      const isBusy = answer.status === 503 && answer.retryAfter > 0;
      if (!isBusy || tries === TRIES || this.searching !== search) return answer;
      const seconds = Math.min(Math.ceil(answer.retryAfter), LONGEST);
      this.say(counted("again", seconds));
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      if (this.searching !== search || !this.form.isConnected || search.key !== this.key) return answer;
    }
  }

  async upload() {
    const data = new FormData(this.form);
    data.delete("camera");
    data.set("image", await this.copy, "photograph.jpg");
    return this.fetch(this.form.action, { method: "POST", body: data });
  }

  fetch(url, options) {
    return fetchPage(url, { ...options, any: true, quiet: true });
  }

  withWords(address) {
    const url = new URL(address);
    if (this.words) url.searchParams.set("text", this.words);
    else url.searchParams.delete("text");
    return url.href;
  }

  // Remembers the parts that the shop found, and puts the frame around the one it searched for first.
  learn(box, { page, url }) {
    const drawing = page.querySelector("[data-photograph]");
    if (boxKey(box) !== boxKey(WHOLE) || !drawing) {
      this.parts.push({ box, url });
      return;
    }
    this.parts.push({ box: WHOLE, url: new URL(drawing.dataset.whole, url).href });
    for (const link of drawing.querySelectorAll("a")) this.parts.push(partOf(link, drawing, url));
    this.drawDots();
    const first = drawing.querySelector("a[aria-current]");
    if (first && !this.moved) this.place(partOf(first, drawing, url).box);
  }

  show(key, { page, url }) {
    this.shown = { key, url };
    this.say("");
    this.results.hidden = false;
    const lens = this.form.closest(".lens");
    const isFirst = !lens.classList.contains("has-results");
    lens.classList.add("has-results");
    // On a narrow screen photograph, button and results are one below the other: all of them at once.
    if (isFirst && !matchMedia("(min-width: 60rem)").matches) lens.scrollIntoView({ block: "start" });
    const all = this.results.querySelector("[data-lens-all]");
    all.href = url;
    all.querySelector("[data-lens-count]").textContent = page.querySelector("#title .total").textContent;
    const found = page.querySelector("#grid") ?? page.querySelector(".empty");
    this.results.querySelector("[data-lens-found]").replaceChildren(found);
    this.keepCopy(page);
    this.markDots();
    announce(page.getElementById("main").dataset.announce);
  }

  // The list that is opened next shows the photograph, which the shop doesn't store.
  keepCopy(page) {
    const drawing = page.querySelector("[data-photograph]");
    const token = drawing?.dataset.photograph ?? page.querySelector("[data-photo]")?.dataset.photo;
    if (!token) return;
    if (this.kept && this.kept !== token) sessionStorage.removeItem(`photo:${this.kept}`);
    sessionStorage.setItem(`photo:${token}`, this.small(drawing ? WHOLE : this.box()));
    this.kept = token;
  }

  drawDots() {
    const found = this.parts.filter((part) => part.label);
    this.form.querySelector("[data-crop-dots]").replaceChildren(...found.map((part) => this.dot(part)));
  }

  dot(part) {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button", className: "crop-dot" });
    button.ariaLabel = part.label;
    item.style.left = `${(part.box.x + part.box.w / 2) * 100}%`;
    item.style.top = `${(part.box.y + part.box.h / 2) * 100}%`;
    button.dataset.box = boxKey(part.box);
    button.addEventListener("click", () => {
      this.place(part.box);
      this.moved = true;
      this.search();
    });
    item.append(button);
    return item;
  }

  markDots() {
    if (!this.parts.length) this.form.querySelector("[data-crop-dots]").replaceChildren();
    const here = boxKey(this.box());
    for (const dot of this.form.querySelectorAll(".crop-dot")) dot.ariaPressed = String(dot.dataset.box === here);
  }

  say(words) {
    this.said = words;
    const status = this.form.querySelector("[data-lens-status]");
    status.textContent = words;
    status.hidden = !words;
  }
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// A box inside the picture, large enough to be taken.
export function fitted({ x, y, w, h }) {
  const [width, height] = [clamp(w, LEAST, 1), clamp(h, LEAST, 1)];
  return { w: width, h: height, x: clamp(x, 0, 1 - width), y: clamp(y, 0, 1 - height) };
}

export const boxKey = ({ x, y, w, h }) => (w > 0.999 && h > 0.999 ? "" : [x, y, w, h].map((value) => value.toFixed(4)).join(","));

function partOf(link, drawing, url) {
  const rect = link.querySelector("rect");
  const { width, height } = drawing.viewBox.baseVal;
  const [x, y, w, h] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
  const box = fitted({ x: x / width, y: y / height, w: w / width, h: h / height });
  return { box, url: new URL(link.getAttribute("href"), url).href, label: link.getAttribute("aria-label") };
}

// Why there are no results: what the form's page, or an error's, says.
function reason(page) {
  return (page.querySelector("[role=alert], .error-detail") ?? page.getElementById("title"))?.textContent.trim() ?? "";
}

// A copy small enough to be sent again with each new frame; the file itself where that is smaller.
async function copyOf(image, file) {
  const scale = SIDE / Math.max(image.naturalWidth, image.naturalHeight);
  if (scale >= 1) return file;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth * scale, image.naturalHeight * scale];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((copy) => resolve(copy && copy.size < file.size ? copy : file), "image/jpeg", 0.92));
}
