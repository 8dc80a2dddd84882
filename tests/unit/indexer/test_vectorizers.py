from pathlib import Path

import pytest

from indexer import vectorizers
from indexer.errors import SettingsError
from indexer.settings import Settings
from indexer.vectorizers import load_vectorizers
from indexer.vectorizers.color import ColorVectorizer

BRIGHTNESS = """
from indexer.vectorizers.color import ColorVectorizer

def load(settings):
    return {"brightness": ColorVectorizer()}
"""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.vectorizers.cnn.load", lambda _: {})


def test_an_aspect_is_loaded_by_the_file_of_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "brightness.py").write_text(BRIGHTNESS)
    monkeypatch.setattr(vectorizers, "__path__", [*vectorizers.__path__, str(tmp_path)])
    monkeypatch.setattr(vectorizers, "ASPECT_DIMS", {"color": 32, "attributes": 64, "brightness": 8})
    loaded = load_vectorizers(Settings())
    assert list(loaded.images) == ["color", "brightness"]
    assert list(loaded.products) == ["attributes"]


def test_an_aspect_without_dimensions_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectorizers, "ASPECT_DIMS", {"color": 32})
    monkeypatch.setattr("indexer.vectorizers.text.load", lambda _: pytest.fail("text was loaded"))
    loaded = load_vectorizers(Settings())
    assert isinstance(loaded.images["color"], ColorVectorizer)
    assert loaded.products == {}


@pytest.mark.parametrize("aspect", ["smell", "pooling"])  # no file; a file that loads no aspect
def test_an_aspect_that_nothing_loads(monkeypatch: pytest.MonkeyPatch, aspect: str) -> None:
    monkeypatch.setattr(vectorizers, "ASPECT_DIMS", {"color": 32, aspect: 8})
    with pytest.raises(SettingsError, match=f"{aspect}.py needs"):
        load_vectorizers(Settings())
