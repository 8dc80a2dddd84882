// Asks again for pictures that the server was too busy to make, and shows a placeholder until it has them.
const BUSY = 8; // pixels: narrower are only the placeholders of webapp/storefront/pictures.py, whatever their density
const SECONDS = [1, 2, 4, 8, 16];
const asked = new WeakMap(); // how often each picture was asked for again

export function retryPictures() {
  // Neither event bubbles, so both are captured on their way down.
  for (const event of ["load", "error"]) document.addEventListener(event, ({ target }) => check(target), true);
  // Some may have failed before this code was loaded.
  for (const picture of document.images) if (picture.complete) check(picture);
}

function check(picture) {
  const address = picture.currentSrc || picture.src;
  if (!(picture instanceof HTMLImageElement) || picture.naturalWidth >= BUSY || !address.startsWith(location.origin)) return;
  const times = asked.get(picture) ?? 0;
  if (times === SECONDS.length) return;
  asked.set(picture, times + 1);
  setTimeout(() => askAgain(picture, address, times + 1), 1000 * SECONDS[times] * (1 + Math.random()));
}

function askAgain(picture, address, times) {
  if (address !== (picture.currentSrc || picture.src)) return;
  const again = new URL(address);
  again.searchParams.set("again", times); // a browser would answer the same address from memory
  picture.srcset = ""; // the address was chosen from it
  picture.src = again;
}
