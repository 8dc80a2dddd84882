// The comparison page. Without script each "Why?" leads to a page of its own, and requests are selected to be copied.

let explained = Promise.resolve(); // one after another: the shop answers a few explanations at a time, and refuses others

for (const details of document.querySelectorAll("[data-explain]")) {
  details.addEventListener("toggle", () => (explained = explained.then(() => explain(details))), { once: true });
}

async function explain(details) {
  const link = details.querySelector("a");
  const url = new URL(details.dataset.explain, location.href);
  url.searchParams.set("part", "1");
  link.ariaBusy = "true";
  try {
    const answer = await fetch(url);
    // A login that has ended leads to its form; 422 says what is wrong with the request.
    if (answer.redirected || !(answer.ok || answer.status === 422)) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    link.replaceWith(...page.body.childNodes);
  } catch {
    link.ariaBusy = null; // the link still leads there
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    document.getElementById("status").textContent = "Copied.";
  });
}

document.querySelector("[data-continue]")?.requestSubmit();
