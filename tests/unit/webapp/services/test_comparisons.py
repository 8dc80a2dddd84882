"""Many searches in pieces: each request does some of them, and none is done twice."""

from typing import Any

import pytest

from es_mappings.configuration import Configuration
from indexer.relevance.versions import Publication
from search.errors import ParameterError
from search.parameters import SearchParameters
from tests.unit.search.test_comparison import listing
from webapp.services.comparisons import Comparisons
from workers.errors import RedisUnavailableError

SIDES = [Publication(configuration=Configuration(name=name)) for name in ("one", "two")]
SEARCHES = [SearchParameters(q=word) for word in ("dress", "coat", "hat")]


class _Values:
    """Redis, which may be down."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.is_down = False

    def get(self, key: str) -> Any:
        if self.is_down:
            raise RedisUnavailableError("down")
        return self.kept.get(key)

    def set(self, key: str, value: Any, seconds: float) -> None:
        if self.is_down:
            raise RedisUnavailableError("down")
        self.kept[key] = value


@pytest.fixture
def values() -> _Values:
    return _Values()


@pytest.fixture
def asked() -> list[str]:
    return []


def _continued(
    values: _Values, asked: list[str], seconds: float = 0.0, sides: Any = SIDES, synonyms: str = "none"
) -> list[Any]:
    def search(parameters: SearchParameters, publication: Publication) -> Any:
        asked.append(f"{parameters.q} by {publication.configuration.name}")
        if parameters.q == "coat":
            raise ParameterError("filter", "no product has an attribute 'x'")
        return listing(parameters.q)

    shop: Any = values
    return Comparisons(shop, "shop", lambda: synonyms).continued(search, SEARCHES, sides, seconds)


def test_each_call_goes_on_where_the_last_one_stopped(values: _Values, asked: list[str]) -> None:
    assert [found is None for found in _continued(values, asked)] == [False, True, True]
    first, second, third = _continued(values, asked)
    assert [page.ids for page in first.pages] == [("dress",), ("dress",)]
    assert second.problem == "filter: no product has an attribute 'x'"  # and the others go on
    assert third is None
    assert None not in _continued(values, asked)
    assert None not in _continued(values, asked)
    assert asked == ["dress by one", "dress by two", "coat by one", "hat by one", "hat by two"]


def test_enough_time_is_enough_for_all(values: _Values, asked: list[str]) -> None:
    assert None not in _continued(values, asked, seconds=60)


def test_another_configuration_is_searched_by_anew(values: _Values, asked: list[str]) -> None:
    _continued(values, asked, seconds=60)
    asked.clear()
    changed = [SIDES[0], Publication(configuration=Configuration(name="two", relevance=0.5))]
    _continued(values, asked, seconds=60, sides=changed)
    assert "hat by two" in asked


def test_what_other_synonyms_found_is_not_shown(values: _Values, asked: list[str]) -> None:
    _continued(values, asked, seconds=60)
    asked.clear()
    _continued(values, asked, seconds=60, synonyms="hat, cap")
    assert "hat by two" in asked


@pytest.mark.parametrize("kept", [b"{", b"[1]", b'[{"pages": []}]', b'[{"pages": [{"ids": 3}]}, null, null]'])
def test_what_somebody_else_wrote_counts_as_missing(values: _Values, asked: list[str], kept: bytes) -> None:
    _continued(values, asked)
    values.kept = dict.fromkeys(values.kept, kept)
    asked.clear()
    assert [found is None for found in _continued(values, asked)] == [False, True, True]
    assert asked[0] == "dress by one"


def test_without_redis_only_what_fits_into_one_request_is_compared(values: _Values, asked: list[str]) -> None:
    values.is_down = True
    assert None not in _continued(values, asked, seconds=60)
    with pytest.raises(RedisUnavailableError):
        _continued(values, asked)
