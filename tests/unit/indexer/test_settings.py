from pathlib import Path

import pytest

from indexer.errors import SettingsError
from indexer.settings import Settings

README = Path(__file__).resolve().parents[3] / "README.md"


def test_the_readme_documents_each_setting_and_no_other() -> None:
    documented = {
        line.split("`")[1]
        for line in README.read_text().splitlines()
        if line.startswith("| `") and line.split("`")[1].isupper()
    }
    assert documented == {name.upper() for name in Settings.model_fields}


def test_each_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_ROOTS", "/srv/a:/srv/b")
    monkeypatch.setenv("IMAGE_HOSTS", "cdn.example,images.example")
    settings = Settings.from_environment()
    assert settings.image_roots == (Path("/srv/a"), Path("/srv/b"))
    assert settings.image_hosts == ("cdn.example", "images.example")


def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_SIZE", "0")
    monkeypatch.setenv("RUNTIME", "abacus")
    with pytest.raises(SettingsError, match=r"RUNTIME: Input should be .*; BATCH_SIZE: Input should be greater"):
        Settings.from_environment()
