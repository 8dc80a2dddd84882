// The preview takes what stands in the form, saved or not.
const text = document.getElementById("text");
const preview = document.querySelector("[data-preview]");
preview.addEventListener("submit", () => {
  preview.elements.text_b.value = text.value;
});
