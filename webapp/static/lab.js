// Judging by keys: 0 to 3 give a grade, U takes the last one back. Without this, the buttons do the same.
let sent = false;

addEventListener("keydown", (event) => {
  if (sent || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
  const button = event.key.toLowerCase() === "u"
    ? document.querySelector("[data-undo]:enabled")
    : /^[0-3]$/.test(event.key) && document.querySelector(`[data-grades] [value="${event.key}"]`);
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
