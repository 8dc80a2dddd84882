// What handles photographs is loaded once one is at hand.
const load = () => import("./photo.js");
const isImage = (item) => item.type.startsWith("image/");

export function takePhotos() {
  document.addEventListener("paste", (event) => take(event, event.clipboardData));
  document.addEventListener("dragover", (event) => {
    if ([...event.dataTransfer.items].some(isImage)) event.preventDefault(); // a drop is wanted here
  });
  document.addEventListener("drop", (event) => take(event, event.dataTransfer));
  document.addEventListener("shown", refresh);
  refresh();
}

async function take(event, data) {
  const file = [...(data?.files ?? [])].find(isImage);
  const link = document.querySelector("[data-photo-link]");
  if (!file || !link) return;
  event.preventDefault();
  await (await load()).take(file, link.href);
}

async function refresh() {
  const form = document.querySelector("[data-photo-form]");
  const shown = document.querySelector("[data-photo]");
  if (!form && !shown) return;
  const photo = await load();
  if (form) photo.setUp(form);
  if (shown) photo.showThumbnails();
}
