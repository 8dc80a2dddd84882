// Judging by keys: each button and link names its own (0 to 3, U). Without this, a click does the same.
let sent = false;

addEventListener("keydown", (event) => {
  if (sent || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const key = event.key.toLowerCase();
  const button = /^[0-3u]$/.test(key) && document.querySelector(`[aria-keyshortcuts="${key}"]:not(:disabled)`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// A pair is judged once, however often a key or button is hit before the next one is there.
addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});

// Only now are the keys worth showing.
document.querySelector(".judging").dataset.keys = "on";

// Back from the browser's cache, the page can be judged again.
addEventListener("pageshow", () => { sent = false; });
