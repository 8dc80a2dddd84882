// Everything works without script: links and forms load whole pages. Script loads the same addresses in place.
import { interceptLinks } from "./navigation.js";
import { interceptMore } from "./more.js";
import { closeMenus } from "./menus.js";
import { takePhotos } from "./photos.js";
import { takeSliders } from "./sliders.js";
import { showGalleries } from "./gallery.js";

document.documentElement.classList.add("has-script");

interceptLinks();
interceptMore();
closeMenus();
takePhotos();
takeSliders();
showGalleries();

// The code of suggestions is loaded when the search box is first used.
async function loadSuggestions() {
  if (document.activeElement?.id !== "q") return;
  document.removeEventListener("focusin", loadSuggestions);
  (await import("./suggest.js")).suggest();
}
document.addEventListener("focusin", loadSuggestions);
loadSuggestions();
