"""What an error of Elasticsearch says."""

from typing import Any

import pytest
from elasticsearch import ApiError

from indexer.elastic.item_errors import item_error
from search.errors import is_script_fault
from tests.answers import answered

SCRIPT = {"type": "script_exception", "reason": "runtime error", "script": "return 1;"}
NAN = {"type": "illegal_argument_exception", "reason": "script_score script returned an invalid score [NaN]"}
NEGATIVE = {"type": "illegal_argument_exception", "reason": "script_score script score must be a non-negative value"}
OTHER = {"type": "query_shard_exception", "reason": "failed to create query"}


def _error(**error: Any) -> Any:
    return item_error(400, {"type": "search_phase_execution_exception", **error}, answered({}).meta)


@pytest.mark.parametrize("cause", [SCRIPT, NAN, NEGATIVE])
def test_a_failing_script_is_told_from_what_else_is_refused(cause: dict[str, Any]) -> None:
    assert is_script_fault(_error(root_cause=[cause]))
    assert is_script_fault(_error(root_cause=[], failed_shards=[{"reason": cause}]))
    assert is_script_fault(_error(root_cause=[OTHER], caused_by={**OTHER, "caused_by": cause}))


def test_other_errors_are_none_of_a_script() -> None:
    assert not is_script_fault(_error(root_cause=[OTHER], failed_shards=[{"reason": OTHER}]))
    assert not is_script_fault(ApiError("down", answered({}).meta, "down"))
