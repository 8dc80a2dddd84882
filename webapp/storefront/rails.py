"""Rails as plain data for the templates: headings, reasons, URLs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from es_mappings.behaviour import Interest, Kind
from search.notices import marked
from search.recommended import Rail, Recommended
from search.syntax import write_anchor
from webapp.languages import gettext, ngettext
from webapp.storefront.links import Links
from webapp.storefront.locales import number
from webapp.storefront.wording import label

_NAMED = 6  # sources listed with a rail
_IN_ADDRESS = 12  # interests in a URL, those of the highest weight, so that it stays short

_BAG = {"goes_with": marked("Goes with your bag"), "similar": marked("Similar to your bag")}
_PRODUCT = {"goes_with": marked("Goes with this"), "similar": marked("Similar to this")}
_REASONS: dict[Kind, str] = {
    "view": marked("You viewed %(title)s"),
    "like": marked("You liked %(title)s"),
    "cart": marked("Your bag has %(title)s"),
    "order": marked("You ordered %(title)s"),
}
_BECAUSE: dict[Kind, str] = {
    "view": marked("Because you viewed %(title)s"),
    "like": marked("Because you liked %(title)s"),
    "cart": marked("Because your bag has %(title)s"),
    "order": marked("Because you ordered %(title)s"),
}
_FORGET: dict[Kind, str] = {
    "view": marked("Forget that you viewed %(title)s"),
    "like": marked("Forget that you liked %(title)s"),
    "cart": marked("Forget that your bag has %(title)s"),
    "order": marked("Forget that you ordered %(title)s"),
}

# The same in a word or two, below a thumbnail.
BECAUSE: dict[Kind, str] = {
    "view": marked("viewed"),
    "like": marked("liked"),
    "cart": marked("in your bag"),
    "order": marked("ordered"),
}


@dataclass(frozen=True)
class Source:
    """A product that a rail is based on, and why.

    Attributes
    ----------
    reason, because, forget : str
        Why, as sentences: ``You viewed X``, ``Because you viewed X``, ``Forget that you viewed X``.
    """

    product: dict[str, Any]
    reason: str
    because: str
    forget: str


@dataclass(frozen=True)
class RailItem:
    """A product of a rail, and why it is recommended."""

    product: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class RailView:
    """A rail: its heading, products, sources, and the URL of a listing in the same order."""

    id: str
    title: str
    items: list[RailItem]
    sources: list[Source]  # those that the shopper can remove here
    url: str | None
    note: str = ""


def views(rails: list[Rail], links: Links) -> list[RailView]:
    """Return the rails of a page: of a product's, or of one that goes by the bag."""
    titles = _PRODUCT if links.product_id else _BAG
    return [_inspired(rail, links) if rail.kind == "inspired" else _complements(rail, titles) for rail in rails]


def recently_viewed(products: list[dict[str, Any]]) -> list[RailView]:
    """Return the rail of recently viewed products, or an empty list."""
    return (
        [RailView("viewed", gettext("Recently viewed"), [RailItem(p, "") for p in products], [], None)]
        if products
        else []
    )


def source(interest: Interest, product: dict[str, Any]) -> Source:
    """Return a product with why the shopper is interested in it."""
    sentences = (texts[interest.because] for texts in (_REASONS, _BECAUSE, _FORGET))
    return Source(product, *(gettext(text, title=product["title"]) for text in sentences))


def inspired_by(interests: Mapping[str, Interest]) -> tuple[str, ...]:
    """Return interests as values of the parameter `inspired`, ``ID^weight`` each."""
    return tuple(write_anchor(i.product_id, float(f"{i.weight:.3g}")) for i in list(interests.values())[:_IN_ADDRESS])


def evidence(item: Recommended, anchor: Mapping[str, Any]) -> str:
    """Return why a product goes with another: how often both, or their categories, were ordered together."""
    if item.evidence is None:
        return gettext("Similar to %(title)s", title=anchor["title"])
    together, times = item.evidence.together, number(item.evidence.together)
    if item.evidence.name == anchor["id"]:
        return ngettext(
            "Bought together with %(title)s %(times)s time",
            "Bought together with %(title)s %(times)s times",
            together,
            title=anchor["title"],
            times=times,
        )
    partner, own = (label(path.rpartition("/")[2]) for path in (item.evidence.partner, item.evidence.name))
    return ngettext(
        "%(one)s and %(other)s: bought together %(times)s time",
        "%(one)s and %(other)s: bought together %(times)s times",
        together,
        one=partner,
        other=own,
        times=times,
    )


def _complements(rail: Rail, titles: Mapping[str, str]) -> RailView:
    items = [RailItem(item.product, evidence(item, rail.sources[item.because])) for item in rail.items]
    unknown = gettext("Nobody has ordered anything with your bag yet, so these are similar.")
    return RailView(rail.kind, gettext(titles[rail.kind]), items, [], None, unknown if rail.kind == "similar" else "")


def _inspired(rail: Rail, links: Links) -> RailView:
    sources = {i: source(rail.interests[i], product) for i, product in rail.sources.items()}
    items = [RailItem(i.product, sources[i.because].because) for i in rail.items]
    url = links.listing(inspired=inspired_by(rail.interests), sort=None)
    return RailView(rail.kind, gettext("Inspired by your browsing"), items, list(sources.values())[:_NAMED], url)
