// Shows how far a shop is that is open before all is loaded, and fills lists that are still short.
const PAUSE = 3000; // ms between two requests
const LONGEST = 60000; // after failures
const PAGE = 24; // products of a full page

export async function followLoading(bar) {
  let pause = PAUSE;
  let before = "";
  while (bar.isConnected) {
    await new Promise((resume) => setTimeout(resume, pause));
    if (document.hidden) continue;
    try {
      const response = await fetch(bar.dataset.loading, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(`${response.status}`);
      const state = response.status === 204 ? null : await response.json();
      const now = state ? `${state.products} ${state.compared}` : "all";
      if (before && now !== before) await fill();
      before = now;
      pause = PAUSE;
      if (!state) return bar.remove();
      bar.querySelector("[data-words]").textContent = state.words;
      bar.querySelector("progress").value = state.share;
    } catch {
      pause = Math.min(pause * 2, LONGEST); // the shop restarts, or is busy
    }
  }
}

// Replaces a list that isn't full; one that is stays as it is while somebody looks at it.
async function fill() {
  const address = location.href;
  const results = document.getElementById("results");
  if (!results || results.contains(document.activeElement) || results.querySelectorAll("#grid > *").length >= PAGE) return;
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const isSame = location.href === address && !document.documentElement.classList.contains("is-waiting");
  if (isSame && results.isConnected) results.replaceWith(page.getElementById("results") ?? results);
}
