// A product's pictures: thumbnails scroll the strip, not the page, and mark the picture in view.
export function showGalleries() {
  document.addEventListener("click", (event) => {
    const thumb = event.target.closest?.(".gallery-thumbs a");
    if (!thumb || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const picture = document.querySelector(thumb.hash);
    picture.parentElement.scrollTo({ left: picture.offsetLeft - picture.parentElement.offsetLeft });
  });
  document.addEventListener("scroll", ({ target }) => target.matches?.("[data-gallery]") && mark(target), true);
}

function mark(strip) {
  const index = Math.round(Math.abs(strip.scrollLeft) / strip.clientWidth); // it is negative from right to left
  for (const [number, thumb] of document.querySelectorAll(".gallery-thumbs a").entries()) {
    if (number === index) thumb.setAttribute("aria-current", "true");
    else thumb.removeAttribute("aria-current");
  }
}
