"""Fit a learned projection: which labels it learns, and how much they count, is decided by what it wasn't shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product as every

import numpy as np

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.discriminants import Column, Discriminant, entropy, fit_discriminants
from indexer.spaces.reduction.labels import CATEGORY, LEAST, broadest_category, finest_category, label_columns
from indexer.spaces.reduction.learned import Head, Learned, agreement, labels_room
from indexer.spaces.reduction.linear import Linear, fit_pca
from indexer.spaces.reduction.measuring import Measure
from indexer.spaces.reduction.trials import Parts, Trial, keeps_the_rest, trials
from indexer.spaces.reduction.within import NO_PAIRS, Pairs, fit_within
from indexer.vectorizers.base import ProductFields

SHARES = (0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)  # of the rest, that are tried; less would leave it to chance
# Of the rest at least, where several labels are told: within one, such as a kind, the others reorder, and what none of
# them names would be lost. Measured on rendered products, whose patterns no category names (docs/measurements.md).
_LEAST_REST = 0.75
_FEWEST = 50  # products that a learned projection needs
_GAIN = 0.005  # NDCG that it has to add to a PCA's to be worth having
_TELLS = 0.99  # of the loss of who doesn't see the picture: a label that the picture tells more of is learned


def fit_learned(
    activations: Vector,
    products: Sequence[ProductFields],
    dims: int,
    *,
    measure: Measure | None = None,
    likes: Pairs = NO_PAIRS,
) -> Learned | Linear:
    """Fit a learned projection on the catalogue's own labels and on likes, or a PCA where that is no better.

    Every label that a picture tells anything of beyond the product's category gets a discriminant. What they say
    stands beside the rest: what differs within categories, and what likes say of it (`fit_within`). How much each
    counts is the mix that orders best, on average over two tests: products left out of the fit, by their labels; and
    products of categories that are left out of it, as new ones will be. A mix that costs the order by labels it isn't
    told is out.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
    products : sequence of ProductFields
        The product of each activation.
    dims : int
        Dimensions that may come out. Labels get a quarter of them, or up to 48 where that is no more than half.
    measure : callable, optional
        Judges the mix instead, such as by a golden set.
    likes : ndarray of int, shape (pairs, 2), optional
        Products that were liked together, as places of their activations.

    Returns
    -------
    Learned or Linear
        Its ``why`` says what was chosen and why.
    """
    # Shuffled, always alike: the first rows are a random sample.
    order = np.random.default_rng(0).permutation(len(activations))
    rows = unit_rows(activations)[order]
    columns = label_columns([products[place] for place in order])
    if len(rows) < _FEWEST or not columns:
        why = f"labels are too few: {len(rows):,} products, {len(columns)} labels of which two values have {LEAST}"
        return _without_labels(activations, dims, likes, why)
    discriminants, columns = _telling(fit_discriminants(rows, columns), columns)
    if not discriminants:
        return _without_labels(activations, dims, likes, "the pictures tell nothing of any label")
    taken = min(labels_room(dims), sum(len(d.classes) - Head.of(d).unknown for d in discriminants))
    rest = fit_within(rows, broadest_category(columns), dims - taken, np.argsort(order)[likes])
    parts = Parts(rows, columns, discriminants, unit_rows(rest(rows)), unit_rows(fit_pca(rows, dims)(rows)))
    tests = trials(parts, measure)
    linear, share, without, best = _best_mix(parts, tests, judged=measure is not None)
    figures = ", ".join(f"{name} {t.without:.3f} to {t.score(linear, share):.3f}" for name, t in tests.items())
    if best < without + _GAIN:
        return _without_labels(activations, dims, likes, f"learning adds too little (NDCG@10: {figures})")
    told = f"{'linear' if linear else 'class probabilities'}, {share:.0%} what differs within them"
    why = f"{told} (NDCG@10 by cross-validation: {figures})" + (f"; {rest.why}" if rest.why else "")
    return _assemble(discriminants, rest, taken, linear, share, why)


def _without_labels(activations: Vector, dims: int, likes: Pairs, why: str) -> Linear:
    alone = fit_within(activations, None, dims, likes)
    told = f"{alone.kind}: " if alone.kind != "pca" else "PCA: "
    return replace(alone, why=f"{told}{why}" + (f"; {alone.why}" if alone.why else ""))


def _best_mix(parts: Parts, tests: Mapping[str, Trial], *, judged: bool) -> tuple[bool, float, float, float]:
    """Choose how labels are told and how much the rest counts; give NDCG@10 of a PCA and of the mix, too."""
    weights = [t.weight for t in tests.values()]
    without = float(np.average([t.without for t in tests.values()], weights=weights))
    least = _LEAST_REST if len(parts.fitted) > 1 and not judged else 0
    scored = {
        mix: float(np.average([t.score(*mix) for t in tests.values()], weights=weights))
        for mix in every((False, True), [share for share in SHARES if share >= least])
    }
    ranked = sorted(scored, key=lambda mix: -scored[mix])
    linear, share = next((mix for mix in ranked if judged or keeps_the_rest(parts, *mix)), (False, 1.0))
    return linear, share, without, scored.get((linear, share), without)


def _telling(fitted: list[Discriminant], columns: Mapping[str, Column]) -> tuple[list[Discriminant], dict[str, Column]]:
    """Keep the labels of which a picture tells something that the category doesn't."""
    category = finest_category(columns)
    kept = []
    for one in fitted:
        column = columns[one.name]
        blind = category is None or one.name.startswith(CATEGORY)
        within = np.zeros_like(column) if blind or category is None else category
        if one.loss < _TELLS * entropy(column, within):
            kept.append(one)
    return kept, {one.name: columns[one.name] for one in kept}


def _assemble(
    fitted: Sequence[Discriminant], rest: Linear, taken: int, linear: bool, share: float, why: str
) -> Learned:
    heads = tuple(Head.of(d) for d in fitted)
    told = agreement(np.hstack([d.held_out for d in fitted]), heads, linear=linear)
    found = np.linalg.svd(told.T @ told)[2][:taken]
    signs = np.sign(found[np.arange(len(found)), np.abs(found).argmax(axis=1)])
    return Learned(
        rest,
        share,
        heads,
        np.ascontiguousarray(np.hstack([d.weight for d in fitted]), np.float32),
        np.ascontiguousarray(np.hstack([d.bias for d in fitted]), np.float32),
        np.ascontiguousarray(found * signs[:, None], np.float32),
        linear,
        why,
    )
