// Runs in each document of the measured browser, before its own scripts: notes when a click was answered on the screen.
(() => {
  const KEPT = "probe"; // in the session's storage, so that the document that a click leads to knows of it
  const probe = (window.probe = { largest: 0, shift: 0, delays: [], answered: null, ready: null });
  const observe = (type, note, more) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, ...more });
  observe("largest-contentful-paint", (entry) => (probe.largest = entry.startTime));
  observe("layout-shift", (entry) => (probe.shift += entry.hadRecentInput ? 0 : entry.value));
  observe("event", (entry) => entry.interactionId && probe.delays.push(entry.duration), { durationThreshold: 16 });
  performance.setResourceTimingBufferSize(2000);

  const grid = () => document.getElementById("grid");
  const loaded = (picture) => picture.complete && picture.naturalWidth > 8; // narrower is a placeholder
  // By its own picture, or by that of the card until it has come.
  const isFilled = (frame) => getComputedStyle(frame).backgroundImage !== "none" || loaded(frame.querySelector("img"));
  const before = { grid: null, cards: 0 };
  const answers = {
    grid: () => grid() && grid() !== before.grid,
    more: () => grid() && grid().children.length > before.cards,
    product: () => document.querySelector(".sheet h1") && isFilled(document.querySelector(".sheet-picture")),
  };
  const isInView = (picture) => {
    const { top, bottom, left, right } = picture.getBoundingClientRect();
    return bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  };
  const areReady = () => [...document.querySelectorAll("main img")].every((picture) => !isInView(picture) || loaded(picture));

  // Frames are watched: what is there when one begins is on the screen when it ends.
  function watch({ awaited, at }) {
    requestAnimationFrame(() => {
      if (probe.answered === null && !answers[awaited]()) return watch({ awaited, at });
      const isReady = areReady();
      setTimeout(() => {
        const passed = performance.timeOrigin + performance.now() - at;
        probe.answered ??= passed;
        if (isReady) probe.ready = passed;
        else watch({ awaited, at });
      });
    });
  }

  // Prepares for the next event of a type, which starts the clock.
  probe.arm = (type, awaited) => {
    Object.assign(before, { grid: grid(), cards: grid()?.children.length ?? 0 });
    performance.clearResourceTimings();
    probe.delays = [];
    const note = (event) => {
      const click = { awaited, at: performance.timeOrigin + event.timeStamp };
      sessionStorage.setItem(KEPT, JSON.stringify(click));
      watch(click);
    };
    addEventListener(type, note, { capture: true, once: true });
  };

  // Returns times in milliseconds. The request whose answer is shown is the last one that had ended by then.
  probe.figures = () => {
    const { at } = JSON.parse(sessionStorage.getItem(KEPT));
    const shown = at + probe.answered - performance.timeOrigin;
    const [page] = performance.getEntriesByType("navigation");
    const requests = performance.getEntriesByType("resource");
    const fetched = requests.filter((entry) => entry.initiatorType === "fetch" && entry.responseEnd <= shown);
    const isNew = performance.timeOrigin > at;
    const answer = isNew ? page : fetched.sort((one, other) => one.responseEnd - other.responseEnd).at(-1);
    const sent = [...(isNew ? [page] : []), ...requests].filter((entry) => entry.transferSize > 0);
    sessionStorage.removeItem(KEPT);
    return {
      answered: probe.answered,
      ready: probe.ready,
      server: answer?.serverTiming.find(({ name }) => name === "app")?.duration ?? null,
      first_byte: answer ? answer.responseStart - answer.requestStart : null,
      delay: Math.max(0, ...probe.delays),
      requests: sent.length,
      bytes: sent.reduce((sum, { transferSize }) => sum + transferSize, 0),
    };
  };

  probe.page = () => {
    const [page] = performance.getEntriesByType("navigation");
    const sent = [page, ...performance.getEntriesByType("resource")].filter((entry) => entry.transferSize > 0);
    return {
      first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
      largest: probe.largest,
      shift: probe.shift,
      requests: sent.length,
      bytes: sent.reduce((sum, { transferSize }) => sum + transferSize, 0),
      document: page.transferSize,
    };
  };

  const pending = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (pending) addEventListener("DOMContentLoaded", () => watch(pending), { once: true });
})();
