// Everything works without this: links and forms load whole pages. Here, the same addresses change the page in place.
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
