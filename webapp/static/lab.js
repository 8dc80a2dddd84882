// Judging by keyboard: each button and link declares its key (0 to 3, U). Without script, clicks do the same.
let sent = false;

addEventListener("keydown", (event) => {
  if (sent || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const key = event.key.toLowerCase();
  const button = /^[0-3u]$/.test(key) && document.querySelector(`[aria-keyshortcuts="${key}"]:not(:disabled)`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// A pair is judged once, however often a key or button is pressed before the next pair loads.
addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});

// Shows the keys, now that they work.
document.querySelector(".judging").dataset.keys = "on";

// Restored from the browser's cache, the page can be judged again.
addEventListener("pageshow", () => { sent = false; });
