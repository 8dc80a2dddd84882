"""What multiplies the scores of a resolved search."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from es_mappings.effects import Effects, boosted
from search.anchors import Anchors
from search.resolved import KEPT, ResolvedSearch


def _boosts(*kept: tuple[str, str]) -> list[Any]:
    anchors = replace(Anchors([], {}, []), kept=kept)
    fget = cast("Any", ResolvedSearch.boosts).fget
    return list(fget(SimpleNamespace(effects=Effects(), anchors=anchors)))


def test_each_kept_value_is_a_named_boost_of_that_attribute() -> None:
    assert _boosts() == []
    # A shop's facet has the same name as the second attribute.
    found = boosted({"match_all": {}}, _boosts(("sleeve", "long"), ("brand", "Ada")))["function_score"]
    assert [f["weight"] for f in found["functions"]] == [KEPT, KEPT]
    assert [f["filter"]["bool"]["_name"] for f in found["functions"]] == ["kept sleeve", "kept brand"]
    facets = [f["filter"]["bool"]["filter"][0]["term"]["facets"]["value"] for f in found["functions"]]
    assert facets == ["sleeve:long", "brand:Ada"]
    assert found["score_mode"] == found["boost_mode"] == "multiply"
