"""Store attribution models in Elasticsearch, one document per category, without pickle."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from elasticsearch import NotFoundError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from es_mappings.stores import attribution
from indexer.attribution import features
from indexer.attribution.features import ImageMap
from indexer.attribution.head import Head
from indexer.attribution.model import CategoryModel, Rows
from indexer.catalog.documents import now
from indexer.elastic.client import make_index
from indexer.elastic.product_index import ProductIndex
from indexer.errors import SpaceError


def save_model(index: ProductIndex, category: str, model: CategoryModel, vectorizers: Mapping[str, str]) -> str:
    """Write a category's model with its vectorizers' digests, replacing an older one, and return its digest."""
    store = index.store(attribution.MODELS)
    make_index(index.client, store, attribution.models_mapping())
    manifest, tensors = to_manifest(model), save(to_tensors(model))
    digest = hashlib.sha256(tensors).hexdigest()[:16]
    document = {
        "category": category,
        "digest": digest,
        "vectorizers": dict(vectorizers),
        "manifest": manifest,
        "tensors": base64.b64encode(tensors).decode(),
        "fitted_at": now(),
    }
    index.client.index(index=store, id=_key(category), document=document, refresh=True)
    return digest


def digests(index: ProductIndex, vectorizers: Mapping[str, str]) -> dict[str, str]:
    """Return the digests, by category, of the models that were fitted on these vectorizers' activations.

    Parameters
    ----------
    vectorizers : mapping of str to str
        Aspect -> digest of its vectorizer.
    """
    fields = ["category", "digest", "vectorizers"]
    try:
        answer = index.client.search(index=index.store(attribution.MODELS), size=10_000, source_includes=fields)
    except NotFoundError:
        return {}
    models = [hit["_source"] for hit in answer["hits"]["hits"]]
    return {s["category"]: s["digest"] for s in models if s["vectorizers"].items() <= vectorizers.items()}


def load_model(index: ProductIndex, category: str) -> CategoryModel:
    """Read a category's model.

    Raises
    ------
    SpaceError
        The model is missing or damaged.
    """
    try:
        source = index.client.get(index=index.store(attribution.MODELS), id=_key(category))["_source"]
    except NotFoundError as error:
        raise SpaceError(f"{category!r} has no attribution model: run `lookalike attributes fit`") from error
    try:
        return from_parts(source["manifest"], load(base64.b64decode(source["tensors"], validate=True)))
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise SpaceError(
            f"The attribution model of {category!r} is damaged ({error}): run `lookalike attributes fit`"
        ) from error


def to_manifest(model: CategoryModel) -> dict[str, Any]:
    """Return all of a model except its arrays."""
    heads = [
        {
            "name": h.name,
            "values": list(h.values),
            "weights": h.weights,
            "noise": h.noise,
            "skill": h.skill,
            "accuracy": h.accuracy,
        }
        for h in model.heads
    ]
    aspects = list(model.picture.aspects) if model.picture else None
    return {"sources": list(model.sources), "aspects": aspects, "least": model.least, "heads": heads}


def to_tensors(model: CategoryModel) -> dict[str, Any]:
    """Return a model's arrays; the examples' are in half precision, as they were for the fit."""
    tensors: dict[str, Any] = {
        "rows.picture": model.rows.picture.astype(np.float16),
        "rows.color": model.rows.color.astype(np.float16),
    }
    for name, matrix in {"text": model.rows.text, "bare": model.rows.bare}.items():
        tensors |= {f"{name}.{part}": getattr(matrix, part) for part in ("data", "indices", "indptr")}
    if model.picture:
        tensors["picture.mean"] = model.picture.mean
        tensors["picture.components"] = model.picture.components.astype(np.float16)
    for number, head in enumerate(model.heads):
        tensors[f"{number}.rows"], tensors[f"{number}.prior"] = head.rows, head.prior
        tensors |= {f"{number}.{source}": array for source, array in head.coefficients.items()}
    return {name: np.ascontiguousarray(array) for name, array in tensors.items()}


def from_parts(manifest: dict[str, Any], tensors: dict[str, Any]) -> CategoryModel:
    """Load a model from its manifest and arrays."""
    from scipy.sparse import csr_matrix

    picture = None
    if manifest["aspects"] is not None:
        components = tensors["picture.components"].astype(np.float32)
        picture = ImageMap(tuple(manifest["aspects"]), tensors["picture.mean"], components)
    text, bare = (
        csr_matrix(
            (tensors[f"{name}.data"], tensors[f"{name}.indices"], tensors[f"{name}.indptr"]),
            shape=(len(tensors[f"{name}.indptr"]) - 1, features.WORDS),
        )
        for name in ("text", "bare")
    )
    rows = Rows(tensors["rows.picture"].astype(np.float32), tensors["rows.color"].astype(np.float32), text, bare)
    sources = tuple(manifest["sources"])
    heads = tuple(
        Head(
            name=head["name"],
            values=tuple(head["values"]),
            rows=tensors[f"{number}.rows"],
            coefficients={source: tensors[f"{number}.{source}"] for source in sources},
            prior=tensors[f"{number}.prior"],
            weights=head["weights"],
            noise=head["noise"],
            skill=head["skill"],
            accuracy=head["accuracy"],
        )
        for number, head in enumerate(manifest["heads"])
    )
    return CategoryModel(sources, picture, rows, heads, manifest["least"])


def _key(category: str) -> str:
    return hashlib.sha256(category.encode()).hexdigest()[:32]
