// Everything works without script: links and forms load whole pages. Script loads the same addresses in place.
import { interceptLinks } from "./navigation.js";
import { interceptMore } from "./more.js";
import { closeMenus } from "./menus.js";
import { suggest } from "./suggest.js";
import { takePhotos } from "./photos.js";
import { takeSliders } from "./sliders.js";
import { showGalleries } from "./gallery.js";

document.documentElement.classList.add("has-script");

interceptLinks();
interceptMore();
closeMenus();
suggest();
takePhotos();
takeSliders();
showGalleries();
