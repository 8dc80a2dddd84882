"""URLs of the storefront. They hold all state of a listing, so that it can be shared and Back works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request, url_for

from es_mappings.anchors import MAX_ANCHORS
from es_mappings.facets import Refinement
from es_mappings.spellings import spelling_key
from search.parameters import SearchParameters
from search.syntax import read_anchor, write_anchor
from webapp.addresses import repeated_query
from webapp.storefront.query_events import PARAMETER, Origin


@dataclass(frozen=True)
class Links:
    """URLs that differ from the current page in one respect."""

    parameters: SearchParameters
    product_id: str | None = None  # of a product's page; None on a listing
    origin: Origin | None = None  # the query that the page's products come from, if that is recorded

    @cached_property
    def _listing(self) -> str:
        """The listing's path, built once: a page has hundreds of links to it."""
        return url_for("shop.listing")

    @property
    def is_full(self) -> bool:
        """Whether the address has as many anchors as a search takes."""
        p = self.parameters
        return len(p.like) + len(p.dislike) + len(p.inspired) + bool(p.photo) + bool(p.text) >= MAX_ANCHORS

    def here(self, **changes: Any) -> str:
        """Return the first page of this listing with some parameters changed."""
        return self._to(self.parameters.model_copy(update={"cursor": "", **changes}), self.product_id)

    def listing(self, **changes: Any) -> str:
        """Return the listing with some parameters changed; likes and filters stay as they are."""
        return self._to(self.parameters.model_copy(update={"cursor": "", **changes}), None)

    def product(self, product_id: str) -> str:
        """Return a product's page, with the likes and weights but without the filters of this one."""
        carried = {name: getattr(self.parameters, name) for name in ("like", "dislike", "text", "weight")}
        return self._from(self._to(SearchParameters(**carried), product_id), product_id)

    def like(self, product_id: str) -> str:
        """Return this page with a product liked, sorted by similarity; if no more fit, as it is, saying so."""
        if self.is_full and product_id not in self.parameters.dislike:
            return _with(self.here(), [("full", "true")])
        liked = (*self.parameters.like, write_anchor(product_id))
        return self._from(self.here(like=liked, dislike=self._dislikes_but(product_id), sort=None), product_id)

    def unlike(self, product_id: str) -> str:
        """Return this page with a product no longer liked."""
        return self._without(like=self._likes_but(product_id))

    def dislike(self, product_id: str) -> str:
        """Return this page with a product disliked; if no more fit, as it is, with a word on that."""
        if self.is_full and product_id not in self.parameters.likes:
            return _with(self.here(), [("full", "true")])
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

    def text_weighed(self, weight: float) -> str:
        """Return this page with the weight of the words changed."""
        words, _ = self.parameters.text_anchor
        return self.here(text=write_anchor(words, weight))

    def without_text(self) -> str:
        """Return this page without the words that it is sorted by."""
        return self._without(text="")

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
        return _with(url_for("photo_pages.form"), carried.to_query())

    def _without(self, **changes: Any) -> str:
        """Return this page with fewer anchors; without any, it cannot be sorted by similarity."""
        changed = self.parameters.model_copy(update=changes)
        return self.here(**changes, sort=None if changed.sort == "similar" else changed.sort)

    def _from(self, address: str, product_id: str) -> str:
        """Add where on a query's pages a product was, if it was on one."""
        origin = self.origin.of(product_id) if self.origin else ""
        return _with(address, [(PARAMETER, origin)]) if origin else address

    def _likes_but(self, product_id: str) -> tuple[str, ...]:
        return _others(self.parameters.like, product_id)

    def _dislikes_but(self, product_id: str) -> tuple[str, ...]:
        return tuple(dislike for dislike in self.parameters.dislike if dislike != product_id)

    def toggle(self, refinement: Refinement) -> str:
        """Return the listing with a filter added, or removed, in any spelling, if it is active."""
        text, filters = str(refinement), self.parameters.filter
        others = tuple(f for f in filters if spelling_key(f) != spelling_key(text))
        return self.listing(filter=others if len(others) < len(filters) else (*filters, text))

    def redirected(self, address: str) -> str:
        """Return where a rule leads; a page of the shop takes over likes and dislikes, unless it is given others."""
        parts = urlsplit(address)
        query = parse_qsl(parts.query, keep_blank_values=True)
        taken = {"like", "dislike"} - {name for name, _ in query}
        carried = [(name, value) for name, value in self.parameters.to_query() if name in taken]
        if parts.netloc or not carried:
            return address
        return parts._replace(query=urlencode([*query, *carried])).geturl()

    def next_page(self, cursor: str) -> str:
        """Return the next page of the listing."""
        return _with(self._listing, [*self.parameters.to_query(), ("cursor", cursor)])

    def _to(self, parameters: SearchParameters, product_id: str | None) -> str:
        path = self._listing if product_id is None else url_for("shop.product", product_id=product_id)
        return _with(path, parameters.to_query())


def here() -> str:
    """Return the address of the request, below the prefix under which a proxy serves the shop.

    Only parameters that pages read are in it.
    """
    query = repeated_query()
    return request.root_path + request.path + (f"?{query}" if query else "")


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


def with_argument(address: str, name: str, value: str | None) -> str:
    """Return an address with one parameter replaced, or without it."""
    parts = urlsplit(address)
    others = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if n != name]
    return _with(parts._replace(query="", fragment="").geturl(), [*others, *([] if value is None else [(name, value)])])


def _others(anchors: Iterable[str], product_id: str) -> tuple[str, ...]:
    """Remove an anchor, however its weight is written."""
    return tuple(anchor for anchor in anchors if read_anchor(anchor)[0] != product_id)


def _undoable(address: str, kind: str, value: str) -> str:
    return _with(address, [("removed", f"{kind}:{value}")])


def _with(address: str, query: Iterable[tuple[str, str]]) -> str:
    encoded = urlencode(list(query), safe="!$'()*,/:;?@")  # as Werkzeug leaves them
    return f"{address}{'&' if '?' in address else '?'}{encoded}" if encoded else address
