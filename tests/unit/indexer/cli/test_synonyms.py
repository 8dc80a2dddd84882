"""The commands of synonyms say what they have done."""

from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from indexer.cli import synonyms
from indexer.relevance.changes import Change


def _change(number: int, added: tuple[str, ...], removed: tuple[str, ...] = ()) -> Change:
    return Change(number, added, removed, "ada", "2026-01-01", "")


@pytest.mark.parametrize(
    ("undone", "said"),
    [
        (_change(4, ("tv, telly",), ("tv, television",)), ":\n    + tv, telly\n    - tv, television\n"),
        (None, ", and was already.\n"),
    ],
)
def test_an_undo_says_what_it_takes_back(monkeypatch: pytest.MonkeyPatch, undone: Change | None, said: str) -> None:
    newest = _change(3, ("tv, television",), ("tv, telly",))
    changes = SimpleNamespace(latest=lambda _: [newest])
    store = SimpleNamespace(history=lambda _: changes, undo=lambda *_, author: undone)
    monkeypatch.setattr(synonyms, "store", store)
    monkeypatch.setattr(synonyms, "_index", lambda: None)
    result = CliRunner().invoke(synonyms.synonyms, ["undo"])
    assert result.output == f"Change 3 by ada is undone{said}"
