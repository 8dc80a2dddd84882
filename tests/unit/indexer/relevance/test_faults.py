"""Faults of rules say what to do, in the words of the page."""

import pytest

from indexer.relevance.faults import InvalidRuleError, read_rule


@pytest.mark.parametrize("position", ["0", "-1", "x", "1.5", "101", None])
def test_positions_count_from_one(position: object) -> None:
    pin = {"id": "a"} | ({} if position is None else {"position": position})
    with pytest.raises(InvalidRuleError) as error:
        read_rule({"name": "first", "then": {"pin": [pin]}})
    (fault,) = error.value.faults
    assert (fault.field, fault.text) == (
        "then.pin.0.position",
        "a position must be a whole number from 1, the first place, to 100",
    )
