"""What search engines read: robots.txt, the sitemap, and of each page its canonical address and structured data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from flask import Blueprint, Response, abort, current_app, request, url_for

from search.parameters import SearchParameters
from webapp import languages
from webapp.languages import gettext
from webapp.services import services
from webapp.storefront import locales, wording
from webapp.storefront.pictures import picture_url

blueprint = Blueprint("search_engines", __name__)

_MOST_PAGES = 20_000
_LONGEST = 160  # characters of a description
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
# Pages of one shopper, and those without an end: every like and every filter makes another address.
_CLOSED = (
    "/api/", "/bag", "/compare", "/lists", "/your-data", "/photo", "/staff", "/ops", "/*?*like=", "/*?*filter=",
    "/*?*cursor=", "/*?*weight=", "/*?*inspired=", "/*?*text=",
)  # fmt: skip
# A category decides what is listed; the others only change its order.
_INDEXED = {"category", "sort", "size", "like", "dislike", "weight", "mode", "explain"}


@dataclass(frozen=True)
class Described:
    """What a page says of itself to search engines and to those it is shared with.

    Attributes
    ----------
    canonical : str
        The whole address without likes, sliders and the rest of what a shopper adds.
    alternates : sequence of (str, str)
        Languages, each with the page's address in it; `x-default` leaves the choice to the browser.
    is_indexed : bool
        Whether it belongs into an index: one of endlessly many filtered addresses doesn't.
    image : str
        Whole address of a picture; may be empty.
    data : list of dict
        JSON-LD, as schema.org names things.
    """

    canonical: str
    alternates: Sequence[tuple[str, str]]
    is_indexed: bool = True
    description: str = ""
    image: str = ""
    kind: str = "website"
    data: list[dict[str, Any]] = field(default_factory=list)


def describe_home() -> Described:
    """Describe the home page."""
    return Described(_whole(url_for("shop.home")), _alternates("shop.home"))


def describe_listing(parameters: SearchParameters, total: int) -> Described:
    """Describe a listing; only whole categories are indexed."""
    path = parameters.category
    canonical = _whole(url_for("shop.listing", category=path or None))
    changed = {name for name, _ in parameters.to_query()} | ({"cursor"} if parameters.cursor else set())
    trail = path.split("/") if path else []
    crumbs = [(name, url_for("shop.listing", category="/".join(trail[: n + 1]))) for n, name in enumerate(trail)]
    what = wording.label(trail[-1]) if trail else gettext("All products")
    text = gettext(
        "%(what)s: %(count)s. Like one, and see everything that looks like it.", what=what, count=locales.number(total)
    )
    is_indexed, data = bool(total) and changed <= _INDEXED, [_breadcrumbs(crumbs)] if crumbs else []
    return Described(canonical, _alternates("shop.listing", category=path or None), is_indexed, text, data=data)


def describe_product(product: Mapping[str, Any]) -> Described:
    """Describe a product's page."""
    canonical = _whole(url_for("shop.product", product_id=product["id"]))
    fields = dict(product)
    pictures = [_whole(url) for image in product.get("images") or [] if (url := picture_url(fields, 960, image))]
    text = " ".join((product.get("description") or product["title"]).split())
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]}\N{HORIZONTAL ELLIPSIS}"
    crumbs = [(p.rpartition("/")[2], url_for("shop.listing", category=p)) for p in product.get("category_path") or []]
    data = [_product(product, canonical, pictures, text)] + ([_breadcrumbs(crumbs)] if crumbs else [])
    alternates = _alternates("shop.product", product_id=product["id"])
    return Described(
        canonical, alternates, description=short, image=next(iter(pictures), ""), kind="product", data=data
    )


def _product(product: Mapping[str, Any], canonical: str, pictures: list[str], text: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "@context": "https://schema.org", "@type": "Product", "name": product["title"], "sku": product["id"],
        "description": text, "url": canonical, "image": pictures,
    }  # fmt: skip
    if product.get("brand"):
        described["brand"] = {"@type": "Brand", "name": product["brand"]}
    if product.get("price") is not None and product.get("currency"):
        stock = "OutOfStock" if product.get("in_stock") is False else "InStock"
        described["offers"] = {
            "@type": "Offer", "price": f"{product['price']:.2f}", "priceCurrency": product["currency"],
            "availability": f"https://schema.org/{stock}", "url": canonical,
        }  # fmt: skip
    return described


def _alternates(endpoint: str, **values: Any) -> list[tuple[str, str]]:
    """Return the address of a page in each language, and without one; nothing where the shop has one language."""
    codes = languages.offered()
    named = [(code, url_for(endpoint, **values, lang=code)) for code in codes]
    named.append(("x-default", url_for(endpoint, **values, lang=None)))
    return [(code, _whole(address)) for code, address in named] if len(codes) > 1 else []


def _breadcrumbs(crumbs: list[tuple[str, str]]) -> dict[str, Any]:
    items = [
        {"@type": "ListItem", "position": number, "name": name, "item": _whole(url)}
        for number, (name, url) in enumerate(crumbs, 1)
    ]
    return {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items}


def _whole(path: str) -> str:
    """Return the whole address of a path, where the shop knows its own hosts: otherwise a request could name any."""
    return urljoin(request.host_url, path) if current_app.config["TRUSTED_HOSTS"] else path


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Say what crawlers should leave out, and where the sitemap is."""
    root = request.root_path
    lines = ["User-agent: *", *(f"Disallow: {root}{path}" for path in _CLOSED)]
    lines.append(f"Sitemap: {_whole(url_for('search_engines.sitemap'))}")
    return Response("\n".join(lines) + "\n", headers=_CACHED, mimetype="text/plain")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """List the pages of the sitemap: the categories, and the products."""
    pages = services().sitemaps.pages()
    addresses = [url_for("search_engines.categories")]
    addresses += [url_for("search_engines.products", pages=pages, number=n) for n in range(1, pages + 1)]
    entries = "".join(f"<sitemap><loc>{escape(_whole(address))}</loc></sitemap>\n" for address in addresses)
    return _xml(f"<sitemapindex {_SITEMAPS}>\n{entries}</sitemapindex>\n")


@blueprint.get("/sitemaps/categories.xml")
def categories() -> Response:
    """List the home page and the categories."""
    paths = [value.value for value in services().navigation.categories()]
    return _urls([url_for("shop.home"), *(url_for("shop.listing", category=path) for path in paths)])


@blueprint.get("/sitemaps/products-<int:pages>-<int:number>.xml")
def products(pages: int, number: int) -> Response:
    """List the products of a page."""
    if not 1 <= number <= pages <= _MOST_PAGES:
        abort(404, "The sitemap has no such page.")
    ids = services().sitemaps.ids(number - 1, pages)
    return _urls([url_for("shop.product", product_id=product_id) for product_id in ids])


_CACHED = {"Cache-Control": "public, max-age=3600"}


def _urls(addresses: list[str]) -> Response:
    entries = "".join(f"<url><loc>{escape(_whole(address))}</loc></url>\n" for address in addresses)
    return _xml(f"<urlset {_SITEMAPS}>\n{entries}</urlset>\n")


def _xml(body: str) -> Response:
    return Response(_XML + body, headers=_CACHED, mimetype="application/xml")
