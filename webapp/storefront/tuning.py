"""What a listing is sorted by, as plain data for the templates: anchors, modes, aspects, and reasons."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from es_mappings.behaviour import Interest
from es_mappings.product import LAYOUT
from search.anchors import photo_id
from search.listing import Listing
from search.notices import marked
from search.similarities import Match
from search.syntax import PHOTO, read_anchor
from webapp.languages import gettext
from webapp.services.resilience import ResilientNavigation, unless_outage
from webapp.storefront.facets import Choice
from webapp.storefront.links import Links
from webapp.storefront.pictures import picture_url
from webapp.storefront.rails import BECAUSE
from webapp.storefront.wording import label, value_label

_MODES = {
    "auto": marked("Best of all"),
    "blend": marked("A blend"),
    "every": marked("Features of all"),
    "any": marked("Like any one"),
}
_STEPS = (0.25, 0.5, 1.0, 2.0, 4.0)  # weights of a like
_SHARED = 4  # attributes named in a reason
_LABELS = {
    "look": marked("Look"),
    "style": marked("Style"),
    "color": marked("Color"),
    "text": marked("Words"),
    "attributes": marked("Details"),
}
_NOTES = {
    "look": marked("What it is: its kind and shape, at first glance."),
    "style": marked("How its surface looks: pattern, fabric, texture."),
    "color": marked("Its colors, and how much of each."),
    "text": marked("What its title and description say."),
    "attributes": marked("What the catalogue says of it, such as material or sleeves."),
}


@dataclass(frozen=True)
class AnchorView:
    """A product in the row of anchors: liked, from browsing, or disliked."""

    id: str
    title: str
    picture: str | None
    url: str
    remove_url: str
    usable: bool
    because: str = ""  # if it comes from browsing or is a photograph
    disliked: bool = False
    weight: float | None = None  # None if it can't be changed
    more_url: str | None = None
    less_url: str | None = None


@dataclass(frozen=True)
class Aspect:
    """The slider of an aspect's weight, from 0 to 1; `note` says what the aspect sees, and may be empty."""

    name: str
    label: str
    value: float
    note: str = ""


@dataclass(frozen=True)
class Reason:
    """Why a product is ranked where it is.

    Attributes
    ----------
    aspects : list of (label, percent)
        Share of each aspect in the similarity, largest first.
    closest : str
        Title of the most similar like; empty if there is only one.
    shared : list of str
        Attributes that it shares with the likes.
    """

    aspects: list[tuple[str, int]]
    closest: str
    shared: list[str]


@dataclass(frozen=True)
class Undo:
    """The anchor that was just removed, and the URL that restores it."""

    title: str
    url: str


def modes(listing: Listing, links: Links) -> list[Choice]:
    """Return the ways to combine several likes, that of the listing as the active one; none if there is only one."""
    if len(links.parameters.like) + len(links.parameters.inspired) + bool(links.parameters.photo) < 2:
        return []
    return [
        Choice(gettext(text), links.here(mode=name), name == listing.parameters.mode) for name, text in _MODES.items()
    ]


def aspects(listing: Listing) -> list[Aspect]:
    """Return the sliders of the aspects; none if not sorted by similarity, or if there is only one aspect."""
    if not listing.by_similarity or len(LAYOUT.names) < 2:
        return []
    weights = listing.search.weights
    most = max(1.0, *weights.values())
    return [
        Aspect(
            name, _aspect_label(name), round(weights[name] / most, 2), gettext(_NOTES[name]) if name in _NOTES else ""
        )
        for name in LAYOUT.names
    ]


def anchors(listing: Listing, links: Links, interests: Mapping[str, Interest]) -> list[AnchorView]:
    """Return the anchors of the listing: a photograph, likes in their order, those from browsing, dislikes."""
    usable = {anchor.id for anchor in listing.anchors.usable}
    parameters, views = links.parameters, []
    several = len(parameters.anchors) + bool(parameters.photo) + bool(parameters.text) > 1
    if parameters.photo:
        token, weight = parameters.photo_anchor
        photo = photo_id(token)
        steps = _steps(links.photo_weighed, weight) if several else {}
        remove_url = links.without_photo()
        title, because = gettext("Your photograph"), gettext("your photo")
        views.append(AnchorView(photo, title, None, "", remove_url, photo in usable, because, **steps))

    def view(product_id: str, remove_url: str, **more: Any) -> None:
        product = listing.anchors.products.get(product_id)
        title, picture = (product["title"], picture_url(product, 96)) if product else (product_id, None)
        views.append(
            AnchorView(product_id, title, picture, links.product(product_id), remove_url, product_id in usable, **more)
        )

    for product_id, weight in parameters.likes.items():
        steps = _steps(partial(links.weighed, product_id), weight) if several else {}
        view(product_id, links.unliked(product_id), **steps)
    for product_id in parameters.inspirations:
        if product_id not in parameters.likes:
            known = product_id in interests
            because = gettext(BECAUSE[interests[product_id].because]) if known else gettext("browsed")
            view(product_id, links.uninspired(product_id), because=because)
    for product_id in dict.fromkeys(parameters.dislike):
        if product_id not in parameters.likes:
            view(product_id, links.undisliked(product_id), disliked=True)
    return views


def text_steps(links: Links) -> list[tuple[float, str, str]]:
    """Return the weights that the words of the listing can be changed to: each with a sign and its name."""
    words, weight = links.parameters.text_anchor
    count_less, count_more = (
        gettext("Count less: %(title)s", title=words),
        gettext("Count more: %(title)s", title=words),
    )
    less = [(step, "\N{MINUS SIGN}", count_less) for step in _STEPS if step < weight][-1:]
    more = [(step, "+", count_more) for step in _STEPS if step > weight][:1]
    return less + more


def reasons(listing: Listing) -> dict[str, Reason]:
    """Return the reasons by product id; empty unless `explain` is set."""
    titles = {
        a.id: listing.anchors.products[a.id]["title"]
        for a in listing.anchors.usable
        if a.weight > 0 and not a.is_text and a.id in listing.anchors.products
    }
    return {i: _reason(match.why, titles) for i, match in _explained(listing).items() if match.why}


def undo(removed: str, links: Links, search: ResilientNavigation) -> Undo | None:
    """Return how to restore what the URL says was removed, such as ``like:ID^2``, or None if that is impossible.

    Anybody can write such a URL, so it can show nothing but the title of a product of the shop, or "Your photograph".
    """
    kind, _, value = removed.partition(":")
    parameters = links.parameters
    if kind not in {"like", "dislike", "photo"} or not 0 < len(value) <= 600:
        return None
    try:
        product_id = value if kind == "dislike" else read_anchor(value)[0]
    except ValueError:
        return None
    if kind == "photo":
        back = not parameters.photo and re.fullmatch(PHOTO, value)
        return Undo(gettext("Your photograph"), links.here(photo=value, sort=None)) if back else None
    product = unless_outage(lambda: search.product(product_id), None)
    if product is None or product_id in parameters.anchors:
        return None
    return Undo(product["title"], links.here(**{kind: (*getattr(parameters, kind), value)}, sort=None))


def _explained(listing: Listing) -> dict[str, Match]:
    return listing.by_product if listing.by_similarity and listing.parameters.explain else {}


def _reason(why: dict[str, Any], titles: Mapping[str, str]) -> Reason:
    added = {name: max(part, 0.0) for name, part in why["aspects"].items()}
    total = sum(added.values()) or 1.0
    parts = sorted(((_aspect_label(n), round(100 * part / total)) for n, part in added.items()), key=_largest)
    alone = {i: value for i, value in why["anchors"].items() if i in titles}
    closest = titles[max(alone, key=lambda i: alone[i])] if len(alone) > 1 else ""
    return Reason(parts, closest, [_pair(pair) for pair in _by_interest(why["shared"])[:_SHARED]])


def _aspect_label(name: str) -> str:
    return gettext(_LABELS[name]) if name in _LABELS else label(name)


def _largest(part: tuple[str, int]) -> int:
    return -part[1]


def _by_interest(pairs: Sequence[str]) -> list[str]:
    """Sort shared attributes: last what a product isn't, and names with many values, such as sizes."""
    names = Counter(pair.partition(":")[0] for pair in pairs)
    return sorted(pairs, key=lambda pair: (pair.endswith(":false"), names[pair.partition(":")[0]] > 1))


def _pair(pair: str) -> str:
    name, _, value = pair.partition(":")
    return f"{label(name)}: {value_label(value)}" if value in {"true", "false"} else value_label(value)


def _steps(weighed: Callable[[float], str], weight: float) -> dict[str, Any]:
    more = next((step for step in _STEPS if step > weight), None)
    less = next((step for step in reversed(_STEPS) if step < weight), None)
    return {
        "weight": weight,
        "more_url": weighed(more) if more else None,
        "less_url": weighed(less) if less else None,
    }
