// The addresses that forms and presses lead to, written as the shop's links write them.

// Names that may stand several times; of all others the last value counts.
const LISTS = new Set(["like", "dislike", "inspired", "filter", "but", "weight"]);
const ANCHORS = new Set(["like", "dislike", "inspired"]); // a product is one of them, with one weight

const RANGE = /:[^:]*\.\.[^:]*$/; // the end of a filter for numbers: others are alternatives, of ranges the last one counts

// Returns the address that a form leads to.
export function formAddress(form) {
  const fields = [...new FormData(form)].filter(
    ([name, value]) => value !== "" && value !== form.elements[name].dataset?.none,
  );
  const ranges = {}; // by name: min-NAME and max-NAME form one filter
  const named = fields.flatMap(([name, value]) => {
    const [kind, of] = [name.slice(0, name.indexOf("-")), name.slice(name.indexOf("-") + 1)];
    if (kind === "weight") return [["weight", `${of}:${value}`]];
    if (kind !== "min" && kind !== "max") return [[name, value]];
    ranges[of] = { ...ranges[of], [kind]: value };
    return [];
  });
  for (const [name, { min = "", max = "" }] of Object.entries(ranges)) named.push(["filter", `${name}:${min}..${max}`]);
  const query = new URLSearchParams(named).toString();
  const url = new URL(form.action); // its own query is in hidden fields, too
  url.search = query;
  return url.href;
}

// Makes the change that leads from one address to another in a third one.
export function adjusted(url, from, to) {
  if (url === from) return to;
  const [now, was, will] = [url, from, to].map((address) => [...new URL(address).searchParams]);
  const isIn = (pairs, [name, value]) => pairs.some(([n, v]) => n === name && v === value);
  const added = will.filter((pair) => !isIn(was, pair));
  const changed = new Set([...was.filter((pair) => !isIn(will, pair)), ...added].map(subject));
  const result = new URL(to);
  result.search = new URLSearchParams([...now.filter((pair) => !changed.has(subject(pair))), ...added]);
  return result.href;
}

// What one part of an address is about: two that are about the same exclude each other.
function subject([name, value]) {
  if (ANCHORS.has(name)) return `anchor ${value.replace(/\^[\d.]+$/, "")}`;
  if (name === "weight" || (name === "filter" && RANGE.test(value))) return `${name} ${value.slice(0, value.lastIndexOf(":"))}`;
  return LISTS.has(name) ? `${name} ${value}` : name;
}
