// "More like this" on any page, of any shop: <lookalike-similar product="ID"></lookalike-similar>.
// docs/widget.md lists the attributes. Cookies are neither sent nor set.
(() => {
  const home = new URL(".", document.currentScript.src); // .../static/
  const STYLE = `
    :host { display: block; font: inherit; color: inherit; }
    :host([hidden]) { display: none; }
    h2 { font-size: 1.25em; margin: 0 0 .75em; }
    ul { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(8.5rem, 1fr); gap: 1rem; list-style: none;
         margin: 0; padding: 2px 2px .5rem; overflow-x: auto; }
    a { color: inherit; display: block; text-decoration: none; }
    a:hover .title, a:focus-visible .title { text-decoration: underline; }
    a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    img { aspect-ratio: 4 / 5; background: #f4f2ee; border-radius: var(--lookalike-radius, .5rem); display: block;
          height: auto; object-fit: contain; width: 100%; }
    span { display: block; margin-top: .35em; overflow-wrap: anywhere; }
    .price { font-weight: 600; }`;

  // A slash may be part of an id; all else that has a meaning in addresses is quoted.
  const inPath = (id) => id.split("/").map(encodeURIComponent).join("/");

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  // Asks again for a picture that the shop was too busy to make, as pictures.js does on its own pages.
  const picture = (src) => {
    let times = 0;
    const image = element("img", { src, alt: "", loading: "lazy", width: 240, height: 300 });
    const check = () => {
      // The shop's "busy" is 4 pixels wide.
      if (image.naturalWidth >= 8 || times === 5 || src.origin !== home.origin) return;
      setTimeout(() => {
        src.searchParams.set("again", times); // a browser would answer the same address from memory
        image.src = src;
      }, 1000 * 2 ** times++ * (1 + Math.random()));
    };
    image.addEventListener("load", check);
    image.addEventListener("error", check);
    return image;
  };

  class Similar extends HTMLElement {
    static observedAttributes = ["product", "count", "query", "link", "heading", "api"];
    #running = null;

    constructor() {
      super();
      this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet(); // allowed by any content security policy
      sheet.replaceSync(STYLE);
      this.shadowRoot.adoptedStyleSheets = [sheet];
    }

    connectedCallback() { this.#load(); }
    disconnectedCallback() { this.#running?.abort(); }
    attributeChangedCallback() { if (this.isConnected) this.#load(); }

    async #load() {
      this.#running?.abort();
      const controller = (this.#running = new AbortController());
      await null; // several attributes that change at once are one request
      const product = this.getAttribute("product");
      if (controller.signal.aborted || !product) return;
      try {
        const response = await fetch(this.#address(product), {
          credentials: "omit", referrerPolicy: "no-referrer", headers: { Accept: "application/json" },
          signal: AbortSignal.any([controller.signal, AbortSignal.timeout(10_000)]),
        });
        if (!response.ok) throw new Error(`${response.status} for ${product}`);
        const { products } = await response.json();
        if (!controller.signal.aborted) this.#show(products);
      } catch (error) {
        if (controller.signal.aborted) return;
        this.#show([]);
        this.dispatchEvent(new CustomEvent("lookalike-error", { bubbles: true, detail: error }));
      }
    }

    #address(product) {
      const root = new URL(this.getAttribute("api") ?? new URL("..", home), document.baseURI);
      const address = new URL(`api/products/${inPath(product)}/similar`, root);
      address.search = this.getAttribute("query") ?? "";
      address.searchParams.set("size", String(Math.min(24, Math.max(1, parseInt(this.getAttribute("count")) || 6))));
      return address;
    }

    #show(products) {
      this.hidden = products.length === 0; // a page is complete without
      const heading = this.getAttribute("heading") ?? "More like this";
      const list = element("ul", { role: "list" }, ...products.map((product) => this.#card(product)));
      const section = element("section", {}, element("h2", { id: "heading", textContent: heading }), list);
      section.setAttribute("aria-labelledby", "heading");
      this.shadowRoot.replaceChildren(...(products.length ? [section] : []));
      this.dispatchEvent(new CustomEvent("lookalike-shown", { bubbles: true, detail: products }));
    }

    #card(product) {
      const link = element("a", { href: this.#link(product.id) });
      // The title beside it says what the picture shows.
      if (product.image) link.append(picture(new URL(product.image, home)));
      link.append(element("span", { className: "title", textContent: product.title }));
      const price = this.#price(product);
      if (price) link.append(element("span", { className: "price", textContent: price }));
      link.addEventListener("click", () =>
        this.dispatchEvent(new CustomEvent("lookalike-click", { bubbles: true, detail: product })));
      return element("li", {}, link);
    }

    #link(id) {
      const link = this.getAttribute("link")?.replace("{id}", () => encodeURIComponent(id));
      const url = link ? new URL(link, document.baseURI) : new URL(`../products/${inPath(id)}`, home);
      return ["http:", "https:"].includes(url.protocol) ? url.href : "";
    }

    #price({ price, currency }) {
      if (price === null || price === undefined) return "";
      const lang = this.closest("[lang]")?.lang || document.documentElement.lang || undefined;
      try {
        return new Intl.NumberFormat(lang, currency ? { style: "currency", currency } : {}).format(price);
      } catch {
        return `${price} ${currency ?? ""}`.trim();
      }
    }
  }

  if (!customElements.get("lookalike-similar")) customElements.define("lookalike-similar", Similar);
})();
