// Fetches pages of the shop, one at a time: a newer request aborts the previous one.
let running = null;

export async function fetchPage(url, { any = false, ...options } = {}) {
  running?.abort();
  const controller = (running = new AbortController());
  document.documentElement.classList.add("is-waiting");
  try {
    const response = await fetch(url, { ...options, signal: controller.signal, headers: { Accept: "text/html" } });
    if (!response.ok && !any) throw new Error(`${response.status} at ${url}`);
    return { ok: response.ok, url: response.url, page: new DOMParser().parseFromString(await response.text(), "text/html") };
  } finally {
    if (running === controller) {
      running = null;
      document.documentElement.classList.remove("is-waiting");
    }
  }
}

export const isOvertaken = (error) => error.name === "AbortError";
