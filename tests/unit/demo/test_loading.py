from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from demo.loading import Loading
from demo.milestones import Milestones
from indexer.errors import IndexStateError
from indexer.settings import Settings


class Index:
    """An index of 12 products, none of which is embedded; another command may fit its vector space."""

    alias = "shop"

    def __init__(self, space: str | None) -> None:
        self._space = space

    def space(self) -> str | None:
        return self._space

    def counts(self) -> dict[str, int]:
        return {"all": 12, "done": 0, "pending": 12, "failed": 0}

    def unembedded(self) -> int:
        return 12

    def fit(self, *_: object) -> Any:
        """Fit a space that another command forestalls."""
        if self._space is None:
            self._space = "theirs"
            raise IndexStateError("shop holds vectors of the space theirs")
        pytest.fail("it was fitted again")


@pytest.mark.parametrize("space", [None, "theirs"])
def test_a_space_that_another_command_fitted_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, space: str | None
) -> None:
    index, said, steps = Index(space), list[str](), list[str]()
    monkeypatch.setattr("demo.loading.ProductIndex.open", lambda _: index)
    monkeypatch.setattr("indexer.spaces.fitting.fit_space", index.fit)
    monkeypatch.setattr(Loading, "_going_on", lambda _, step: steps.append(step))
    monkeypatch.setattr(Loading, "_pipeline", SimpleNamespace(vectorizers=None))
    catalogue: Any = SimpleNamespace(truth=None)
    milestones = Milestones(tmp_path / "milestones.json", "shop")
    load = Loading(Settings(), catalogue, [], milestones, said.append)
    assert load._can_fit(index.counts()) == (space is not None)
    load._fit()
    assert said == ["Vector space: theirs, which another command has fitted"]
    assert steps == ["Fitting the vector space on the first products", "Writing and embedding products"]
    assert milestones.reached.fitted_on == 0  # so that it is fitted again in the end
