// Loads the code that handles photographs when one is present.
const load = () => import("./photo.js");
const isImage = (item) => item.type.startsWith("image/");

export function takePhotos() {
  document.addEventListener("paste", (event) => take(event, event.clipboardData));
  document.addEventListener("dragover", (event) => {
    if ([...event.dataTransfer.items].some(isImage)) event.preventDefault(); // allows the drop
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
  const anchor = document.querySelector("[data-photo]");
  if (!form && !anchor) return;
  const photo = await load();
  if (form) photo.setUp(form);
  if (anchor) photo.showThumbnails();
}
