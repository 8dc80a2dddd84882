"""How much each aspect counts in a search: by the request, else by its category, else by those of its anchors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from es_mappings.anchors import mean_weights
from es_mappings.aspect_weights import CategoryWeights
from es_mappings.product import DEFAULT_WEIGHTS, TEXT_WEIGHTS
from search.anchors import Anchors, category_of
from search.parameters import SearchParameters
from search.syntax import read_weights


@dataclass(frozen=True)
class SearchWeights:
    """The aspect weights of a search.

    Attributes
    ----------
    weights : dict
        Aspect to weight. Where the likes are of categories with different weights: their mean, summing to 1.
    weights_of : str
        Where they come from: ``request``, ``text`` (words alone), ``configuration`` (the live one's), ``default``, or
        the paths of the categories that have them.
    anchors : Anchors
        The anchors, with aspect weights of their own where those are of their categories.
    """

    weights: Mapping[str, float]
    weights_of: str
    anchors: Anchors


def weights_of(
    parameters: SearchParameters,
    by_category: CategoryWeights,
    anchors: Anchors,
    configured: Mapping[str, float] = MappingProxyType({}),
) -> SearchWeights:
    """Return the weight of each aspect: the request's, else its category's, else those of the anchors' categories.

    Words alone have weights of their own, whatever the category: those of categories were fitted to pairs of products.
    What was exchanged counts as much as all other aspects together unless its weight is given: otherwise they would
    bring the likes' own colour back, and less would stay of the attributes that weren't exchanged.

    Parameters
    ----------
    configured : mapping of str to float
        The live configuration's, which replace the default; an aspect that it doesn't name counts nothing.
    """
    by_default = {**dict.fromkeys(DEFAULT_WEIGHTS, 0.0), **configured} if configured else DEFAULT_WEIGHTS
    requested, liked = read_weights(parameters.weight), [a.is_text for a in anchors.usable if a.weight > 0]
    is_text = bool(liked) and all(liked)
    default = {**by_default, **TEXT_WEIGHTS} if is_text else by_default
    if requested:
        found = SearchWeights({**default, **requested}, "request", anchors)
    elif is_text:
        found = SearchWeights(default, "text", anchors)
    elif of_category := by_category.of(parameters.category):
        found = SearchWeights(of_category[1], of_category[0], anchors)
    else:
        found = _of_anchors(by_category, anchors, by_default, "configuration" if configured else "default")
    leads = anchors.led_by and anchors.led_by not in requested
    return _led(found, anchors.led_by) if leads else found


def with_category_weights(
    anchors: Anchors, by_category: CategoryWeights, default: Mapping[str, float] = DEFAULT_WEIGHTS
) -> Anchors:
    """Return the anchors with the aspect weights of their categories; unchanged if none of those has weights."""
    own = {a.id: by_category.of(category_of(anchors.products[a.id])) for a in anchors.usable}
    if not any(own.values()):
        return anchors
    weights = {anchor_id: found[1] if found else default for anchor_id, found in own.items()}
    return replace(anchors, usable=[replace(a, aspect_weights=weights[a.id]) for a in anchors.usable])


def _of_anchors(
    by_category: CategoryWeights, anchors: Anchors, default: Mapping[str, float], name: str
) -> SearchWeights:
    weighed = with_category_weights(anchors, by_category, default)
    likes = [anchor for anchor in weighed.usable if anchor.weight > 0 and not anchor.is_text]
    if not likes or weighed is anchors:
        return SearchWeights(default, name, anchors)
    found = (by_category.of(category_of(weighed.products[like.id])) for like in likes)
    paths = sorted({of_category[0] if of_category else name for of_category in found})
    return SearchWeights(mean_weights(likes, default), ", ".join(paths), weighed)


def _led(found: SearchWeights, aspect: str) -> SearchWeights:
    """Return weights by which one aspect counts as much as all others together."""

    def led(weights: Mapping[str, float]) -> dict[str, float]:
        return {**weights, aspect: sum(weight for name, weight in weights.items() if name != aspect) or 1.0}

    usable = [replace(a, aspect_weights=a.aspect_weights and led(a.aspect_weights)) for a in found.anchors.usable]
    return replace(found, weights=led(found.weights), anchors=replace(found.anchors, usable=usable))
