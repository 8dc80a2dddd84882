"""The searches behind the pages, to be sent straight to Elasticsearch."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence

import numpy as np
from werkzeug.datastructures import MultiDict

from evaluation.load.mix import PAGES, Mix
from evaluation.load.traffic import Request
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from search.reading import read_parameters

SEARCH = "search"
_OF_A_KIND = 24
_HEADERS = {"Content-Type": "application/x-ndjson"}


def read_searches(index: ProductIndex, mix: Mix, kinds: Sequence[str] = PAGES) -> dict[str, list[Request]]:
    """Build searches for each kind of page: those that the shop sends, but to the alias."""
    navigation = Navigation(index, Cursors(secrets.token_urlsafe(32)))
    return {kind: [_search(index, navigation, mix, kind) for _ in range(_OF_A_KIND)] for kind in kinds}


def _search(index: ProductIndex, navigation: Navigation, mix: Mix, kind: str) -> Request:
    parameters = read_parameters(dict(MultiDict(mix.parameters(kind)).lists()))
    lines = [line for request in navigation.requests(parameters) for line in ({}, request.body)]
    body = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    return Request(SEARCH, f"/{index.alias}/_msearch", "POST", _HEADERS, body)


def pick(searches: Mapping[str, Sequence[Request]], kind: str, rng: np.random.Generator) -> Request:
    """Draw one of the searches for a kind of page."""
    return searches[kind][int(rng.integers(len(searches[kind])))]


def authorization(settings: Settings) -> dict[str, str]:
    """Return the headers that Elasticsearch asks for."""
    key = settings.elasticsearch_api_key
    return {"Authorization": f"ApiKey {key.get_secret_value()}"} if key else {}
