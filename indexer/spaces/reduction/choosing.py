"""Fit a learned projection, and choose by held-out products which labels it learns and how much they count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product as every

import numpy as np

from es_mappings.layout import Vector
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.discriminants import Column, Discriminant, entropy, fit_discriminants
from indexer.spaces.reduction.labels import CATEGORY, LEAST, broadest_category, finest_category, label_columns
from indexer.spaces.reduction.learned import Head, Learned, label_vectors, max_label_dims
from indexer.spaces.reduction.linear import Linear, fit_pca
from indexer.spaces.reduction.measuring import Measure
from indexer.spaces.reduction.trials import Parts, Trial, keeps_unlabelled_order, trials
from indexer.spaces.reduction.within import NO_PAIRS, Pairs, fit_within
from indexer.vectorizers.base import ProductFields

SHARES = (0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)  # of the rest, that are tried; with less its order is lost
# Least share of the rest if several labels are learned: otherwise, among products of one kind, the other labels would
# outweigh what no label names. Measured on rendered products, whose patterns no category names (docs/measurements.md).
_MIN_REST = 0.75
_MIN_PRODUCTS = 50  # that a learned projection needs
_MIN_GAIN = 0.005  # NDCG that it has to add to a PCA's
_MAX_LOSS = 0.99  # of the loss without the image: a label is learned if images predict it better


def fit_learned(
    activations: Vector,
    products: Sequence[ProductFields],
    dims: int,
    *,
    measure: Measure | None = None,
    likes: Pairs = NO_PAIRS,
) -> Learned | Linear:
    """Fit a learned projection on the catalogue's labels and on likes, or a PCA if that is as good.

    Every label that images predict beyond the product's category gets a discriminant. Their outputs are concatenated
    with the rest: what differs within categories, weighted by likes (`fit_within`). The shares of the two are those of
    the best order, on average over two tests: held-out products, by their labels; and products of held-out categories,
    as new categories will be. A mix that worsens the order by a held-out label is rejected.

    Parameters
    ----------
    activations : ndarray, shape (n, raw_dims)
    products : sequence of ProductFields
        The product of each activation.
    dims : int
        Dimensions of the result, at most. Labels take a quarter of them, or up to 48 if that is no more than half.
    measure : callable, optional
        Judges the mix instead, for example by a golden set.
    likes : ndarray of int, shape (pairs, 2), optional
        Products that were liked together, as row numbers of their activations.

    Returns
    -------
    Learned or Linear
        Its ``why`` says what was chosen and why.
    """
    # Shuffled by a fixed seed, so that the first rows are a random sample.
    order = np.random.default_rng(0).permutation(len(activations))
    rows = unit_rows(activations)[order]
    columns = label_columns([products[row] for row in order])
    if len(rows) < _MIN_PRODUCTS or not columns:
        why = f"labels are too few: {len(rows):,} products, {len(columns)} labels of which two values have {LEAST}"
        return _without_labels(activations, dims, likes, why)
    discriminants, columns = _informative(fit_discriminants(rows, columns), columns)
    if not discriminants:
        return _without_labels(activations, dims, likes, "the images predict none of the labels")
    label_dims = min(max_label_dims(dims), sum(len(d.classes) - Head.of(d).unknown for d in discriminants))
    rest = fit_within(rows, broadest_category(columns), dims - label_dims, np.argsort(order)[likes])
    parts = Parts(rows, columns, discriminants, unit_rows(rest(rows)), unit_rows(fit_pca(rows, dims)(rows)))
    tests = trials(parts, measure)
    linear, share, without, best = _best_mix(parts, tests, judged=measure is not None)
    figures = ", ".join(f"{name} {t.without:.3f} to {t.score(linear, share):.3f}" for name, t in tests.items())
    if best < without + _MIN_GAIN:
        return _without_labels(activations, dims, likes, f"learning adds too little (NDCG@10: {figures})")
    mix = f"{'linear' if linear else 'class probabilities'}, {share:.0%} what differs within them"
    why = f"{mix} (NDCG@10 by cross-validation: {figures})" + (f"; {rest.why}" if rest.why else "")
    return _assemble(discriminants, rest, label_dims, linear, share, why)


def _without_labels(activations: Vector, dims: int, likes: Pairs, why: str) -> Linear:
    reduction = fit_within(activations, None, dims, likes)
    kind = f"{reduction.kind}: " if reduction.kind != "pca" else "PCA: "
    return replace(reduction, why=f"{kind}{why}" + (f"; {reduction.why}" if reduction.why else ""))


def _best_mix(parts: Parts, tests: Mapping[str, Trial], *, judged: bool) -> tuple[bool, float, float, float]:
    """Choose whether labels are linear and the share of the rest; return both, and NDCG@10 of a PCA and of the mix."""
    weights = [t.weight for t in tests.values()]
    without = float(np.average([t.without for t in tests.values()], weights=weights))
    least = _MIN_REST if len(parts.fitted) > 1 and not judged else 0
    scored = {
        mix: float(np.average([t.score(*mix) for t in tests.values()], weights=weights))
        for mix in every((False, True), [share for share in SHARES if share >= least])
    }
    ranked = sorted(scored, key=lambda mix: -scored[mix])
    linear, share = next((mix for mix in ranked if judged or keeps_unlabelled_order(parts, *mix)), (False, 1.0))
    return linear, share, without, scored.get((linear, share), without)


def _informative(
    fitted: list[Discriminant], columns: Mapping[str, Column]
) -> tuple[list[Discriminant], dict[str, Column]]:
    """Keep the labels that images predict better than the category does."""
    category = finest_category(columns)
    informative = []
    for discriminant in fitted:
        column = columns[discriminant.name]
        is_category = category is None or discriminant.name.startswith(CATEGORY)
        within = np.zeros_like(column) if is_category or category is None else category
        if discriminant.loss < _MAX_LOSS * entropy(column, within):
            informative.append(discriminant)
    return informative, {discriminant.name: columns[discriminant.name] for discriminant in informative}


def _assemble(
    fitted: Sequence[Discriminant], rest: Linear, label_dims: int, linear: bool, share: float, why: str
) -> Learned:
    heads = tuple(Head.of(d) for d in fitted)
    labels = label_vectors(np.hstack([d.held_out for d in fitted]), heads, linear=linear)
    directions = np.linalg.svd(labels.T @ labels)[2][:label_dims]
    signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
    return Learned(
        rest,
        share,
        heads,
        np.ascontiguousarray(np.hstack([d.weight for d in fitted]), np.float32),
        np.ascontiguousarray(np.hstack([d.bias for d in fitted]), np.float32),
        np.ascontiguousarray(directions * signs[:, None], np.float32),
        linear,
        why,
    )
