"""The queries of `lookalike compare`."""

from pathlib import Path

import pytest

from evaluation.compare import read_queries
from indexer.errors import GoldenSetError
from indexer.relevance import toml_files
from indexer.relevance.query_sets import QuerySet, SavedQuery


def test_queries_are_read_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_text("midi dress\n\n# a comment\n  coat \nmidi dress\n")
    assert read_queries(file) == ([SavedQuery(q="midi dress"), SavedQuery(q="coat")], {})


def test_a_query_set_is_read_from_the_file_that_was_exported(tmp_path: Path) -> None:
    queries = (SavedQuery(q="midi dress", like=("d1^2",), filter=("color:red",)), SavedQuery(category="Dresses"))
    file = tmp_path / "summer.toml"
    file.write_text(toml_files.write(QuerySet(name="summer", queries=queries)))
    assert read_queries(file) == (list(queries), {})


@pytest.mark.parametrize(("content", "problem"), [(b"caf\xe9\n", "can't be read"), (b"# nothing\n", "has no queries")])
def test_a_file_without_readable_queries_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "queries.txt"
    file.write_bytes(content)
    with pytest.raises(GoldenSetError, match=problem):
        read_queries(file)
