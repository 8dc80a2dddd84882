"""What a listing is sorted by: reasons, and how to bring back what was removed."""

from __future__ import annotations

from typing import Any, cast

import pytest

from es_mappings.configuration import Configuration
from search.configuring import configured
from search.parameters import SearchParameters
from webapp.services.resilience import ResilientNavigation, empty_listing
from webapp.storefront import tuning
from webapp.storefront.links import Links


class _Shop:
    """Has one product."""

    def product(self, product_id: str) -> dict[str, Any] | None:
        return {"id": "a", "title": "<b>A</b>"} if product_id == "a" else None


SHOP = cast("ResilientNavigation", _Shop())


def test_what_was_removed_comes_back_with_its_weight() -> None:
    links = Links(SearchParameters(like=("b",)))
    assert tuning.undo("like:a^2", links, SHOP) == tuning.Undo("<b>A</b>", "/search?like=b&like=a%5E2")
    assert tuning.undo("dislike:a", links, SHOP) == tuning.Undo("<b>A</b>", "/search?like=b&dislike=a")


def test_a_photograph_that_was_removed_comes_back_with_its_weight() -> None:
    links = Links(SearchParameters(like=("b",)))
    assert tuning.undo("photo:abc^2", links, SHOP) == tuning.Undo("Your photograph", "/search?like=b&photo=abc%5E2")
    assert tuning.undo("photo:abc", Links(SearchParameters(photo="other")), SHOP) is None


@pytest.mark.parametrize("removed", ["photo:", "photo:abc^0", "photo:a b", "photo:" + "a" * 65, "photo:<b>"])
def test_what_cannot_be_a_photograph_undoes_nothing(removed: str) -> None:
    assert tuning.undo(removed, Links(SearchParameters()), SHOP) is None


@pytest.mark.parametrize("removed", ["", "like:", "like", "like:gone", "like:a^0", "sort:price", "like:" + "a" * 601])
def test_an_address_of_somebodys_making_undoes_nothing(removed: str) -> None:
    assert tuning.undo(removed, Links(SearchParameters()), SHOP) is None


def test_what_is_liked_again_needs_no_undo() -> None:
    assert tuning.undo("like:a", Links(SearchParameters(like=("a^3",))), SHOP) is None


def test_reasons_are_percentages_of_what_counts_for_the_product() -> None:
    why = {
        "aspects": {"look": 0.3, "color": 0.1, "text": -0.2},
        "anchors": {"a": 0.9, "b": 0.7, "disliked": 0.95},
        "shared": ["lined:false", "sizes:S", "sizes:M", "pattern:floral", "color:red", "sleeve:long"],
    }
    assert tuning._reason(why, {"a": "A", "b": "B"}) == tuning.Reason(
        [("Look", 75), ("Color", 25), ("Words", 0)], "A", ["floral", "red", "long", "S"]
    )
    assert tuning._reason(why, {"a": "A"}).closest == ""


def test_the_mode_of_the_configuration_is_the_active_one_and_every_other_can_be_chosen() -> None:
    parameters = SearchParameters(like=("a", "b"))
    listing = empty_listing(configured(parameters, Configuration(name="mine", mode="blend")))
    modes = tuning.modes(listing, Links(parameters))
    assert [mode.label for mode in modes if mode.active] == ["A blend"]
    assert modes[0].url == "/search?like=a&like=b&mode=auto"


@pytest.mark.parametrize(("text", "steps"), [("longer", [0.5, 2.0]), ("longer^4", [2.0]), ("longer^0.25", [0.5])])
def test_words_can_count_less_and_more(text: str, steps: list[float]) -> None:
    assert [step for step, _, _ in tuning.text_steps(Links(SearchParameters(text=text)))] == steps
