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
    """Fit the reductions, keep the space, and note in the index that it holds this space.

    Parameters
    ----------
    vectorizers : Vectorizers
        Those whose activations are in the Image Vector Store.

    Raises
    ------
    SpaceError
        Fewer than two images are embedded.
    IndexStateError
        The index already holds vectors of another space.
    """
    indices.ensure_index(client, alias)
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
    indices.stamp_space(client, alias, space.digest)
    return space
