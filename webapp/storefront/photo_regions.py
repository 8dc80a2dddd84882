"""The parts of a shopper's photograph: which one to search with first, and the picture of all as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from search.parameters import SearchParameters
from webapp.languages import gettext
from webapp.services import services
from webapp.services.photos import Part, TakenPhoto
from webapp.services.resilience import unless_outage
from webapp.storefront.links import Links

_WIDTH = 1_000  # of the drawing that the regions are part of


@dataclass(frozen=True)
class RegionView:
    """A region to choose, in units of the drawing."""

    label: str
    url: str
    is_chosen: bool
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class PhotoView:
    """A photograph with its regions; the browser that sent it draws the picture."""

    token: str
    width: int
    height: int
    regions: list[RegionView]
    whole_url: str
    is_whole: bool


def best(taken: TakenPhoto, parameters: SearchParameters) -> Part:
    """Return the part of a photograph that most resembles a product; all of it while Elasticsearch can't be searched.

    Parameters
    ----------
    parameters : SearchParameters
        Those of the search to come; its filters count.
    """
    whole = taken.parts[0]
    if len(taken.parts) == 1:
        return whole
    return unless_outage(lambda: max(taken.parts, key=lambda part: _similarity(part, parameters)), whole)


def photo_view(links: Links) -> PhotoView | None:
    """Return the photograph that a listing is sorted by; None where it has no regions or has expired."""
    token, weight = links.parameters.photo_anchor
    taken = services().photos.parts(token) if token else None
    if taken is None or len(taken.parts) == 1:
        return None
    height, suffix = round(_WIDTH / taken.ratio), "" if weight == 1 else f"^{weight:g}"

    def url(part: Part) -> str:
        return links.here(photo=part.token + suffix)

    regions = [
        RegionView(
            gettext("Part %(number)s of %(total)s", number=number, total=len(taken.parts) - 1),
            url(part),
            part.token == token,
            *(round(edge) for edge in (part.box[0] * _WIDTH, part.box[1] * height)),
            *(round(edge) for edge in (part.box[2] * _WIDTH, part.box[3] * height)),
        )
        for number, part in enumerate(taken.parts[1:], 1)
        if part.box
    ]
    return PhotoView(taken.token, _WIDTH, height, regions, url(taken.parts[0]), token == taken.token)


def _similarity(part: Part, parameters: SearchParameters) -> float:
    only = {"photo": part.token, "like": (), "dislike": (), "inspired": (), "text": "", "size": 1, "sort": None}
    listing = services().navigation.listing(parameters.model_copy(update={**only, "q": ""}), with_facets=False)
    return next((match.similarity for match in listing.matches if match.similarity is not None), 0.0)
