// A product in a dialog over the list, to look at and put into the bag without leaving it.
import { openDialog } from "./dialog.js";
import { fetchPage, isOvertaken, settled } from "./request.js";
import { announce } from "./regions.js";

export async function look(link) {
  const address = new URL(link.href);
  address.searchParams.set("part", "quick");
  try {
    await settled(); // a like that was pressed just before isn't given up
    const { page } = await fetchPage(address);
    const sheet = page.querySelector(".sheet");
    if (!sheet) return location.assign(link.href);
    link.focus({ preventScroll: true }); // where the focus returns to, even in browsers that don't focus a clicked link
    const dialog = openDialog(sheet, page.querySelector(".sheet h1, .sheet h2").textContent, "quick");
    dialog.addEventListener("submit", (event) => buy(event, dialog));
  } catch (error) {
    if (!isOvertaken(error)) location.assign(link.href);
  }
}

// Puts it into the bag: the answer is the same part of the page, which says so.
async function buy(event, dialog) {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  form.inert = true; // ignores a second press
  try {
    const { page } = await fetchPage(form.action, { method: "POST", body: new FormData(form), any: true });
    const sheet = page.querySelector(".sheet");
    if (!sheet) return form.submit(); // the page that says why not
    dialog.querySelector(".sheet").replaceWith(sheet);
    document.querySelector(".tool").replaceWith(page.querySelector(".tool"));
    dialog.querySelector("[data-key=bag]").focus();
    announce(page.getElementById("main").dataset.announce);
  } catch (error) {
    if (!isOvertaken(error)) form.submit();
  } finally {
    form.inert = false;
  }
}
