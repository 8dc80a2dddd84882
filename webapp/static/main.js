// Everything works without this: links and forms load whole pages. Here, the same addresses change the page in place.
import { interceptLinks } from "./navigation.js";
import { interceptMore } from "./more.js";
import { closeMenus } from "./menus.js";
import { takePhotos } from "./photos.js";

interceptLinks();
interceptMore();
closeMenus();
takePhotos();
