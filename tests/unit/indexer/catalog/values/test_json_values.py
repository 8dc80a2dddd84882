import json
import math

import pytest

from indexer.catalog.values.json_values import clean_value, loads
from indexer.errors import CatalogError


def test_long_integers_are_codes() -> None:
    assert loads('{"ean": ' + "9" * 5_000 + ', "n": 123456789012345678}') == {
        "ean": "9" * 5_000,
        "n": 123456789012345678,
    }
    assert loads("[-123456789012345678, -1234567890123456789]") == [-123456789012345678, "-1234567890123456789"]
    assert math.isnan(loads("NaN"))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a": 1}}', b"\xff"])
def test_what_is_no_json_is_named(text: str | bytes) -> None:
    with pytest.raises(CatalogError, match="not JSON"):
        loads(text)


def test_a_clean_value_is_one_that_any_reader_of_json_takes() -> None:
    nested: object = "x"
    for _ in range(100):
        nested = [nested]
    value = {"\ud800": [math.nan, -math.inf, 2**70, 10**5_000, "a\0\udfff", True, None, 1.5], "deep": nested}
    cleaned = clean_value(value, 5)
    assert cleaned["\N{REPLACEMENT CHARACTER}"][:3] == ["nan", "-inf", str(2**70)]
    assert cleaned["\N{REPLACEMENT CHARACTER}"][4:] == ["a\N{REPLACEMENT CHARACTER}", True, None, 1.5]
    assert cleaned["deep"] == [[[["…"]]]]
    assert json.loads(json.dumps(cleaned, allow_nan=False)) == cleaned
    assert clean_value(cleaned, 5) == cleaned
