"""Secrets that are mounted as files."""

from pathlib import Path

import pytest

from indexer.errors import SettingsError
from indexer.settings import Settings

SECRETS = [
    ("ELASTICSEARCH_URL", "https://a:secret@search.example:9200"),
    ("ELASTICSEARCH_API_KEY", "a-key"),
    ("ELASTICSEARCH_PASSWORD", "a-password"),
    ("REDIS_URL", "rediss://:secret@queue.example:6379/0"),
    ("REDIS_PASSWORD", "p@ss:word/1"),
    ("SECRET_KEY", "0123456789abcdef"),
    ("WEBHOOK_SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="),
    ("STAFF", "ada:a-long-password"),
    ("IMAGE_PROXY", "http://proxy.example:3128"),
]


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_each_secret_can_come_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.delenv(name, raising=False)
    if name == "REDIS_PASSWORD":
        monkeypatch.delenv("REDIS_URL", raising=False)
    if name == "ELASTICSEARCH_PASSWORD":
        monkeypatch.setenv("ELASTICSEARCH_USER", "ada")
    (tmp_path / "secret").write_text(f"{value}\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    read = getattr(Settings.from_environment(), name.lower())
    assert (read if isinstance(read, str) else read.get_secret_value()) == value


def test_two_values_of_one_setting_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "0123456789abcdef")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path))
    with pytest.raises(SettingsError, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        Settings.from_environment()


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAFF", raising=False)
    monkeypatch.setenv("STAFF_FILE", str(tmp_path / "absent"))
    with pytest.raises(SettingsError, match=r"STAFF_FILE: .*absent can't be read"):
        Settings.from_environment()


def test_what_a_file_holds_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    (tmp_path / "secret").write_text("short")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "secret"))
    with pytest.raises(SettingsError, match=r"SECRET_KEY: .*at least 16 characters"):
        Settings.from_environment()
