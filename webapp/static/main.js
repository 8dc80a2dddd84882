// Everything works without script: links and forms load whole pages. Script loads the same addresses in place.
import { interceptLinks } from "./navigation.js";
import { interceptMore } from "./more.js";
import { fetchWhatIsNext } from "./ahead.js";
import { closeMenus } from "./menus.js";
import { takePhotos } from "./photos.js";
import { retryPictures } from "./pictures.js";
import { takeSliders } from "./sliders.js";
import { showGalleries } from "./gallery.js";
import { takeComparisons } from "./comparison.js";
import { isPlain } from "./dialog.js";
import { searchFacets } from "./facets.js";

document.documentElement.classList.add("has-script");

interceptLinks();
interceptMore();
fetchWhatIsNext();
closeMenus();
takePhotos();
takeSliders();
showGalleries();
takeComparisons();
searchFacets();
retryPictures();

// What opens over the page is loaded when it is first asked for.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-zoom], a[data-quick]");
  if (!link || !isPlain(event)) return;
  event.preventDefault();
  if (link.matches("[data-zoom]")) (await import("./zoom.js")).enlarge(link);
  else (await import("./quick.js")).look(link);
});

// Only a shop that has just been opened has it.
const loading = document.getElementById("loading");
if (loading) import("./loading.js").then(({ followLoading }) => followLoading(loading));

// The code of suggestions is loaded when the search box is first used.
async function loadSuggestions() {
  if (document.activeElement?.id !== "q") return;
  document.removeEventListener("focusin", loadSuggestions);
  (await import("./suggest.js")).suggest();
}
document.addEventListener("focusin", loadSuggestions);
loadSuggestions();
