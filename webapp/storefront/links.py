"""URLs of the storefront. They hold all state of a listing, so that it can be shared and Back works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import url_for

from es_mappings.facets import Refinement
from search.parameters import SearchParameters
from search.syntax import read_anchor, write_anchor


@dataclass(frozen=True)
class Links:
    """URLs that differ from the current page in one respect."""

    parameters: SearchParameters
    product_id: str | None = None  # of a product's page; None on a listing

    def here(self, **changes: Any) -> str:
        """Return the first page of this listing with some parameters changed."""
        return self._to(self.parameters.model_copy(update={"cursor": "", **changes}), self.product_id)

    def listing(self, **changes: Any) -> str:
        """Return the listing with some parameters changed; likes and filters stay as they are."""
        return self._to(self.parameters.model_copy(update={"cursor": "", **changes}), None)

    def product(self, product_id: str) -> str:
        """Return a product's page, with the likes and weights but without the filters of this one."""
        carried = {name: getattr(self.parameters, name) for name in ("like", "dislike", "weight")}
        return self._to(SearchParameters(**carried), product_id)

    def like(self, product_id: str) -> str:
        """Return this page with a product liked, sorted by similarity."""
        return self.here(
            like=(*self.parameters.like, write_anchor(product_id)), dislike=self._dislikes_but(product_id), sort=None
        )

    def unlike(self, product_id: str) -> str:
        """Return this page with a product no longer liked."""
        return self._without(like=self._likes_but(product_id))

    def dislike(self, product_id: str) -> str:
        """Return this page with a product disliked."""
        return self._without(like=self._likes_but(product_id), dislike=(*self.parameters.dislike, product_id))

    def undislike(self, product_id: str) -> str:
        """Return this page with a product no longer disliked."""
        return self._without(dislike=self._dislikes_but(product_id))

    def weighed(self, product_id: str, weight: float) -> str:
        """Return this page with the weight of a like changed."""
        likes = self.parameters.likes | {product_id: weight}
        return self.here(like=tuple(write_anchor(i, w) for i, w in likes.items()))

    def photo_weighed(self, weight: float) -> str:
        """Return this page with the weight of the photograph changed."""
        token, _ = self.parameters.photo_anchor
        return self.here(photo=write_anchor(token, weight))

    def unliked(self, product_id: str) -> str:
        """Return this page without a like, offering to undo that."""
        value = write_anchor(product_id, self.parameters.likes.get(product_id, 1))
        return _undoable(self.unlike(product_id), "like", value)

    def undisliked(self, product_id: str) -> str:
        """Return this page without a dislike, offering to undo that."""
        return _undoable(self.undislike(product_id), "dislike", product_id)

    def without_photo(self) -> str:
        """Return this page without the photograph, offering to undo that."""
        return _undoable(self._without(photo=""), "photo", self.parameters.photo)

    def uninspired(self, product_id: str) -> str:
        """Return this page without an anchor that comes from browsing."""
        return self._without(inspired=_others(self.parameters.inspired, product_id))

    def photo(self) -> str:
        """Return the page for a search by photograph, with the filters of this one."""
        carried = self.parameters.model_copy(update={"photo": "", "cursor": "", "sort": None})
        return url_for("photo_pages.form", **_arguments(carried))

    def _without(self, **changes: Any) -> str:
        """Return this page with fewer anchors; without any, it cannot be sorted by similarity."""
        changed = self.parameters.model_copy(update=changes)
        return self.here(**changes, sort=changed.sort if changed.has_anchors and changed.sort != "similar" else None)

    def _likes_but(self, product_id: str) -> tuple[str, ...]:
        return _others(self.parameters.like, product_id)

    def _dislikes_but(self, product_id: str) -> tuple[str, ...]:
        return tuple(dislike for dislike in self.parameters.dislike if dislike != product_id)

    def toggle(self, refinement: Refinement) -> str:
        """Return the listing with a filter added, or removed if it is active."""
        text, filters = str(refinement), self.parameters.filter
        return self.listing(filter=tuple(f for f in filters if f != text) if text in filters else (*filters, text))

    def next_page(self, cursor: str) -> str:
        """Return the next page of the listing."""
        return url_for("shop.listing", **_arguments(self.parameters), cursor=cursor)

    @staticmethod
    def _to(parameters: SearchParameters, product_id: str | None) -> str:
        arguments = _arguments(parameters)
        if product_id is None:
            return url_for("shop.listing", **arguments)
        return url_for("shop.product", product_id=product_id, **arguments)


def local_address(address: str, otherwise: str) -> str:
    """Return an address if it is on this site, so that no form redirects shoppers elsewhere.

    Parameters
    ----------
    address : str
        Address requested by the form; not trusted.
    otherwise : str
        Endpoint to return the address of instead.
    """
    # Browsers read a backslash as a slash, and any number of slashes at the beginning as two: a host follows.
    is_local = address.startswith("/") and address[1:2] not in {"/", "\\"}
    return address if is_local and address.isprintable() else url_for(otherwise)


def _others(anchors: Iterable[str], product_id: str) -> tuple[str, ...]:
    """Remove an anchor, however its weight is written."""
    return tuple(anchor for anchor in anchors if read_anchor(anchor)[0] != product_id)


def _undoable(address: str, kind: str, value: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'removed': f'{kind}:{value}'})}"


def _arguments(parameters: SearchParameters) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for name, value in parameters.to_query():
        arguments.setdefault(name, []).append(value)
    return arguments
