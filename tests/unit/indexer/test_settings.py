import base64
import re
from pathlib import Path

import pytest

from indexer.errors import SettingsError
from indexer.settings import Settings

KEY = base64.b64encode(bytes(24)).decode()
DOCUMENTED = Path(__file__).resolve().parents[3] / "docs" / "settings.md"


def _documented() -> dict[str, str]:
    """Return each variable of the documentation's tables and its default as it is written there."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", DOCUMENTED.read_text(), re.MULTILINE)
    return dict(rows)


def _written(default: object) -> str:
    """Return a default as an environment variable would hold it."""
    if default is None or default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default).removesuffix(".0")


def test_documents_each_setting_and_no_other() -> None:
    assert set(_documented()) == {name.upper() for name in Settings.model_fields}


def test_documents_the_defaults() -> None:
    defaults = {name.upper(): _written(field.default) for name, field in Settings.model_fields.items()}
    assert _documented() == defaults


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


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY: .*at least 16 characters"),
        ("WEBHOOK_SECRET", "whsec_", "WEBHOOK_SECRET: .*must be whsec_"),
        ("WEBHOOK_SECRET", "whsec_not base64!", "WEBHOOK_SECRET: .*must be whsec_"),
        ("WEBHOOK_SECRET", "whsec_c2hvcnQ=", "WEBHOOK_SECRET: .*must be whsec_"),
        ("WEBHOOK_SECRET", f"{KEY},", "WEBHOOK_SECRET: .*must be whsec_"),
        ("WEBHOOK_SECRET", f"{KEY},{KEY},{KEY}", "WEBHOOK_SECRET: .*must be whsec_"),
        ("ELASTICSEARCH_URL", "127.0.0.1:9200", "ELASTICSEARCH_URL: .*such as http://localhost:9200"),
        ("ELASTICSEARCH_URL", "http://localhost", "ELASTICSEARCH_URL: .*such as http://localhost:9200"),
        ("ELASTICSEARCH_URL", "http://localhost:port", "ELASTICSEARCH_URL: .*such as http://localhost:9200"),
        ("REDIS_URL", "foo", "REDIS_URL: .*such as redis://localhost:6379/0"),
        ("STAFF", "ada:short", "STAFF: .*at least 12 characters"),
    ],
)
def test_a_value_that_cannot_work_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=fault):
        Settings.from_environment()


def test_secrets_that_are_good_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for secrets in (KEY, f"whsec_{KEY}", f"whsec_{KEY},{KEY}"):
        monkeypatch.setenv("WEBHOOK_SECRET", secrets)
        assert Settings.from_environment().webhook_secrets == tuple(secrets.split(","))
