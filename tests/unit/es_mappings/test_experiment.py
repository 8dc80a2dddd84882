from typing import Any

import pytest
from pydantic import ValidationError

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.experiment import Experiment


def _experiment(treatment: Configuration, **fields: Any) -> Experiment:
    return Experiment.model_validate({"name": "mine", "control": DEFAULT, "treatment": treatment, **fields})


def test_what_is_the_same_decides_nothing() -> None:
    with pytest.raises(ValidationError, match="control and treatment are the same"):
        _experiment(Configuration(name="another-name"))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"synonyms": "none"}, "synonyms"),
        ({"rules": False}, "rules"),
        ({"keyword_boosts": {"title": 2}}, "keyword_boosts"),
    ],
)
def test_what_finds_other_products_is_not_interleaved(fields: dict[str, Any], named: str) -> None:
    treatment = Configuration(name="other", **fields)
    with pytest.raises(ValidationError, match=f"differ in {named}.*use kind ab"):
        _experiment(treatment, kind="interleaving")
    assert _experiment(treatment, kind="ab").sides == ("control", "treatment")


def test_orders_are_interleaved() -> None:
    experiment = _experiment(Configuration(name="colors", weights={"color": 1.0}), kind="interleaving")
    assert experiment.sides == ("interleaved",)
    assert experiment.configuration("interleaved") == DEFAULT


@pytest.mark.parametrize(
    "fields", [{"share": 0}, {"share": 1.1}, {"minimum_days": 0}, {"metric": "zero"}, {"kind": "x"}]
)
def test_wrong_values_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(fields))):
        _experiment(Configuration(name="colors", weights={"color": 1.0}), **fields)
