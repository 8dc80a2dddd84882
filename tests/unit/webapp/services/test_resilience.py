"""While Elasticsearch can't be searched, what was read last is shown, and nothing of another shopper."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import MagicMock

import pytest
from elastic_transport import ApiResponseMeta, ConnectionTimeout, HttpHeaders, NodeConfig
from elasticsearch import ApiError, BadRequestError
from flask import Flask

from es_mappings.facet_types import FacetValue
from es_mappings.results import Facets, Hit
from indexer.deadlines import DeadlineError
from indexer.errors import IndexStateError
from search.errors import ParameterError
from search.listing import Listing
from search.parameters import SearchParameters
from search.similarities import Match
from search.trials import Trial
from webapp.services.resilience import ResilientNavigation, empty_listing, stale_seconds, unless_outage

DRESSES = SearchParameters(q="dress")


def _refused(status: int, kind: str = "search_phase_execution_exception") -> ApiError:
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.0, NodeConfig("http", "localhost", 9200))
    return (BadRequestError if status == 400 else ApiError)(kind, meta, {"error": {"type": kind}})


OUTAGES = [
    ConnectionTimeout("late"),
    DeadlineError("late"),
    IndexStateError("no index"),
    _refused(503),
    _refused(429),
    _refused(404, "index_not_found_exception"),
    _refused(400, "index_closed_exception"),
]


class _Navigation:
    """Answers each search with the same three products, or fails."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.rails = self
        self.facets: Facets | None = Facets({}, {}, {}, {}, {})
        self.is_incomplete = False

    def _fail(self) -> None:
        if self.error:
            raise self.error

    def listing(
        self,
        parameters: SearchParameters,
        hidden: Sequence[str] = (),
        *,
        with_facets: bool = True,
        trial: Trial | None = None,
    ) -> Listing:
        self._fail()
        ids = [i for i in ("cba" if trial and trial.side == "treatment" else "abc") if i not in hidden]
        hits = [Hit({"id": i, "title": i.upper()}, 1.0, [], [0.5] * 8) for i in ids]
        empty = empty_listing(parameters)
        result = replace(empty.result, hits=hits, total=len(hits), facets=self.facets, is_incomplete=self.is_incomplete)
        teams = "aba"[: len(hits)] if trial and trial.side == "interleaved" else ""
        return replace(empty, result=result, matches=[Match() for _ in hits], next_cursor="next", teams=teams)

    def products(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        self._fail()
        return {i: {"id": i, "title": i.upper(), "description": "all of it"} for i in ids if i in "abc"}

    def categories(self) -> list[FacetValue]:
        self._fail()
        return [FacetValue("Dresses", 3)]

    def inspired(self, *_: object) -> list[Any]:
        self._fail()
        return ["rail"]

    for_bag = inspired


@pytest.fixture
def behind() -> _Navigation:
    return _Navigation()


@pytest.fixture
def served() -> MagicMock:
    return MagicMock()


@pytest.fixture
def navigation(behind: _Navigation, served: MagicMock) -> ResilientNavigation:
    return ResilientNavigation(behind, 60, served)  # type: ignore[arg-type]


def _ids(listing: Listing) -> list[str]:
    return [hit.product["id"] for hit in listing.result.hits]


@pytest.mark.parametrize("error", OUTAGES, ids=repr)
def test_the_last_known_listing_is_shown_whole_and_marked(
    navigation: ResilientNavigation, behind: _Navigation, served: MagicMock, error: Exception
) -> None:
    with Flask("test").app_context():
        first = navigation.listing(DRESSES)
        assert stale_seconds() is None
        behind.error = error
        stale = navigation.listing(DRESSES)
        assert stale_seconds() == 0
    assert (_ids(stale), stale.result.total, stale.next_cursor) == (["a", "b", "c"], 3, "next")
    assert len(stale.by_product) == 3
    assert stale.parameters == first.parameters
    served.assert_called_once_with("listing")


def test_a_listing_that_is_not_known_fails_as_it_does(navigation: ResilientNavigation, behind: _Navigation) -> None:
    navigation.listing(DRESSES)
    behind.error = OUTAGES[0]
    with pytest.raises(ConnectionTimeout):
        navigation.listing(SearchParameters(q="dress", like=("a",)))


def test_a_chosen_mode_is_not_the_one_that_the_configuration_says(
    navigation: ResilientNavigation, behind: _Navigation
) -> None:
    navigation.listing(DRESSES)
    behind.error = OUTAGES[0]
    with pytest.raises(ConnectionTimeout):
        navigation.listing(SearchParameters(q="dress", mode="auto"))


@pytest.mark.parametrize("error", [_refused(400), ParameterError("cursor", "has expired")], ids=repr)
def test_a_wrong_request_is_no_outage(navigation: ResilientNavigation, behind: _Navigation, error: Exception) -> None:
    navigation.listing(DRESSES)
    behind.error = error
    with pytest.raises(type(error)):
        navigation.listing(DRESSES)


def test_what_one_shopper_owns_shapes_no_other_shoppers_listing(
    navigation: ResilientNavigation, behind: _Navigation
) -> None:
    navigation.listing(DRESSES, ["a"])  # somebody has a in the bag
    behind.error = OUTAGES[0]
    with pytest.raises(ConnectionTimeout):
        navigation.listing(DRESSES)
    behind.error = None
    navigation.listing(DRESSES)
    behind.error = OUTAGES[0]
    assert _ids(navigation.listing(DRESSES)) == ["a", "b", "c"]
    narrowed = navigation.listing(DRESSES, ["c"])  # and what this one owns is left out
    assert (_ids(narrowed), narrowed.result.total, len(narrowed.matches)) == (["a", "b"], 2, 2)


def test_dislikes_are_in_the_address_so_their_listing_is_kept(
    navigation: ResilientNavigation, behind: _Navigation
) -> None:
    disliking = SearchParameters(q="dress", dislike=("b",))
    navigation.listing(disliking)  # by a program, which hides nothing
    navigation.listing(disliking, disliking.dislike)  # by a page
    behind.error = OUTAGES[0]
    assert _ids(navigation.listing(disliking, disliking.dislike)) == ["a", "c"]
    assert _ids(navigation.listing(disliking)) == ["a", "b", "c"]


def test_a_listing_by_photograph_is_not_kept(navigation: ResilientNavigation, behind: _Navigation) -> None:
    photo = SearchParameters(photo="token")
    navigation.listing(photo)
    behind.error = OUTAGES[0]
    with pytest.raises(ConnectionTimeout):
        navigation.listing(photo)


def test_each_side_of_an_experiment_has_its_own_last_known_listing(
    navigation: ResilientNavigation, behind: _Navigation
) -> None:
    control, treatment, mixed = (Trial(3, side, "visit") for side in ("control", "treatment", "interleaved"))
    for trial in (control, treatment, mixed):
        navigation.listing(DRESSES, trial=trial)
    behind.error = OUTAGES[0]
    assert _ids(navigation.listing(DRESSES, trial=control)) == ["a", "b", "c"]
    assert _ids(navigation.listing(DRESSES, trial=treatment)) == ["c", "b", "a"]
    # Also for another visit, but without counting for anything.
    known = navigation.listing(DRESSES, trial=replace(mixed, visit="another"))
    assert (_ids(known), known.teams) == (["a", "b", "c"], "")
    with pytest.raises(ConnectionTimeout):
        navigation.listing(DRESSES)


@pytest.mark.parametrize("lacking", [{"facets": None}, {"is_incomplete": True}], ids=str)
def test_a_listing_that_lacks_something_replaces_none_that_is_whole(
    navigation: ResilientNavigation, behind: _Navigation, lacking: dict[str, Any]
) -> None:
    vars(behind).update(lacking)
    assert _ids(navigation.listing(DRESSES)) == ["a", "b", "c"]
    behind.error = OUTAGES[0]
    with pytest.raises(ConnectionTimeout):
        navigation.listing(DRESSES)


def test_products_alone_take_the_place_of_no_whole_listing(
    navigation: ResilientNavigation, behind: _Navigation
) -> None:
    assert navigation.listing(DRESSES).result.facets is not None
    behind.facets = None
    navigation.listing(DRESSES, with_facets=False)
    behind.error = OUTAGES[0]
    assert navigation.listing(DRESSES).result.facets is not None


def test_a_product_is_shown_as_it_was_last_read(
    navigation: ResilientNavigation, behind: _Navigation, served: MagicMock
) -> None:
    assert navigation.product("gone") is None
    read = navigation.product("a")
    navigation.listing(DRESSES)
    behind.error = OUTAGES[0]
    assert navigation.product("a") == read
    assert navigation.product("b") == {"id": "b", "title": "B"}  # known from the listing alone
    with pytest.raises(ConnectionTimeout):
        navigation.products(["a", "gone"])
    assert [call.args for call in served.call_args_list] == [("product",), ("product",)]


def test_a_deleted_product_does_not_come_back(navigation: ResilientNavigation, behind: _Navigation) -> None:
    navigation.product("a")
    behind.products = lambda ids: {}  # type: ignore[method-assign]
    assert navigation.product("a") is None
    behind.products = _Navigation.products.__get__(behind)  # type: ignore[method-assign]
    behind.error = OUTAGES[0]
    with pytest.raises(ConnectionTimeout):
        navigation.product("a")


def test_pages_go_without_menu_and_rails(navigation: ResilientNavigation, behind: _Navigation) -> None:
    behind.error = OUTAGES[0]
    assert navigation.categories() == []
    behind.error = None
    assert navigation.categories() == [FacetValue("Dresses", 3)]
    assert len(navigation.inspired({}, [])) == 1
    behind.error = OUTAGES[0]
    assert navigation.categories() == [FacetValue("Dresses", 3)]
    rails: list[Callable[[], Any]] = [lambda: navigation.inspired({}, []), lambda: navigation.for_bag({}, [], [])]
    assert [rail() for rail in rails] == [[], []]


def test_a_bug_is_not_taken_for_an_outage() -> None:
    def read() -> int:
        raise _refused(400)

    with pytest.raises(BadRequestError):
        unless_outage(read, 0)
