"""A worker process's open resources: each is opened on first use, after the fork, never at import."""

from __future__ import annotations

import threading
from functools import cache

from indexer.catalog.currencies import Rates
from indexer.catalog.feeds.mapping import Mapping, read_mapping
from indexer.elastic.dead_letters import DeadLetters
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.photos import FindRegions
from indexer.embedding.pipeline import Pipeline
from indexer.images.decoder import Decoder
from indexer.settings import Settings
from workers.queues.handle import Queues
from workers.queues.latencies import ELASTICSEARCH


@cache
def settings() -> Settings:
    """Return this process's settings."""
    return Settings.from_environment()


def rates() -> Rates:
    """Return what prices are converted by."""
    return Rates.from_settings(settings())


_loading = threading.Lock()


def pipeline() -> Pipeline:
    """Return this process's pipeline, with its models loaded once although batches run in parallel."""
    with _loading:
        return _pipeline()


@cache
def _pipeline() -> Pipeline:
    return Pipeline.from_settings(settings())


def region_finder() -> FindRegions:
    """Return what finds regions in shoppers' photographs, loaded once."""
    with _loading:
        return _region_finder()


@cache
def _region_finder() -> FindRegions:
    from indexer.embedding.regions import load_finder  # with OpenVINO, which workers without models don't load

    return load_finder(settings())


@cache
def photo_decoder() -> Decoder:
    """Return the decoder of shoppers' photographs."""
    return Decoder.for_photos(settings().photo_seconds)


@cache
def index() -> ProductIndex:
    """Return the shop's product index."""
    observe = queues().latencies.observe
    return ProductIndex.open(settings(), lambda operation, seconds: observe(ELASTICSEARCH, seconds, operation))


@cache
def mapping() -> Mapping | None:
    """Return what the names in catalogue events mean, if they are not ours."""
    path = settings().catalog_mapping
    return read_mapping(path) if path else None


@cache
def queues() -> Queues:
    """Return the shop's queues and other data in Redis; commands are retried while Redis restarts."""
    return Queues.open(settings())


@cache
def dead_letters() -> DeadLetters:
    """Return the shop's dead letters."""
    return DeadLetters(index())
