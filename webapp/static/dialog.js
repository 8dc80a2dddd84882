// A dialog over the page. The browser keeps the focus inside and gives it back; Escape, the button or a click beside it
// closes the dialog.
export function openDialog(content, label, name) {
  const opener = document.activeElement?.closest("[data-key]")?.dataset.key;
  const dialog = document.getElementById("dialog").content.firstElementChild.cloneNode(true);
  dialog.classList.add(name);
  dialog.ariaLabel = label;
  dialog.querySelector(".dialog-body").append(content);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    // The control that opened it may have been replaced meanwhile.
    if (opener && document.activeElement === document.body) {
      document.querySelector(`[data-key="${CSS.escape(opener)}"]`)?.focus({ preventScroll: true });
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

// Whether a click means the link itself, not a new tab or window.
export const isPlain = (event) =>
  event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;
