"""Fit a vector space from the activations that are kept: no image is touched."""

from __future__ import annotations

from elasticsearch import Elasticsearch

from es_mappings.product import ASPECT_DIMS
from indexer import indices
from indexer.activation_store import ActivationStore
from indexer.errors import SpaceError
from indexer.reduction import Reduction, fit_pca
from indexer.spaces import VectorSpace, save_space
from indexer.vectorizers import Vectorizers

# Activations that a fit reads: a PCA of 1,280 dimensions settles long before (README, "What was measured").
SAMPLE = 20_000


def fit_space(client: Elasticsearch, alias: str, vectorizers: Vectorizers, *, sample: int = SAMPLE) -> VectorSpace:
    """Fit a vector space as `fit` does, and note in the live index that it holds this one.

    Raises
    ------
    SpaceError
        Fewer than two images are embedded.
    IndexStateError
        The index holds vectors of another space, or was made for other aspects.
    """
    indices.ensure_index(client, alias)
    space = fit(client, alias, vectorizers, sample=sample)
    indices.stamp_space(client, alias, space.digest)
    return space


def fit(client: Elasticsearch, alias: str, vectorizers: Vectorizers, *, sample: int = SAMPLE) -> VectorSpace:
    """Fit the reductions and keep the space.

    Parameters
    ----------
    vectorizers : Vectorizers
        Those whose activations are in the Image Vector Store.

    Raises
    ------
    SpaceError
        Fewer than two images are embedded.
    """
    reductions: dict[str, Reduction] = {}
    for aspect, vectorizer in vectorizers.images.items():
        store = ActivationStore.create(client, alias, "images", vectorizer)
        count = store.count()
        if count < 2:
            raise SpaceError(
                f"{store.index} keeps {count} images; a fit needs at least two. Load a catalogue with images first."
            )
        reductions[aspect] = fit_pca(store.sample(sample), ASPECT_DIMS[aspect])
    space = VectorSpace(vectorizers.digests, reductions)
    save_space(client, alias, space)
    return space
