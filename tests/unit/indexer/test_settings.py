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
    if default is None:
        return ""
    if isinstance(default, tuple):
        return ",".join(default)
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
    monkeypatch.setenv("PAGE_LANGUAGES", "de,en")
    settings = Settings.from_environment()
    assert settings.image_roots == (Path("/srv/a"), Path("/srv/b"))
    assert settings.image_hosts == ("cdn.example", "images.example")
    assert settings.page_languages == ("de", "en")


@pytest.mark.parametrize("name", ["METRICS_PORT", "LOOK_WEIGHTS", "REGION_WEIGHTS", "IMAGE_HEADERS", "CATALOG_MAPPING"])
def test_an_empty_variable_sets_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    assert getattr(Settings.from_environment(), name.lower()) is None


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
        ("ELASTICSEARCH_URL", "https://a.example,b.example", "ELASTICSEARCH_URL: .*such as http://localhost:9200"),
        ("ELASTICSEARCH_FINGERPRINT", "ab:cd", "ELASTICSEARCH_FINGERPRINT: "),
        ("ELASTICSEARCH_PASSWORD", "secret", "ELASTICSEARCH_USER and ELASTICSEARCH_PASSWORD belong together"),
        ("ELASTICSEARCH_PROXY", "http://proxy:3128", "ELASTICSEARCH_PROXY tunnels https connections only"),
        ("ELASTICSEARCH_URL", "http://localhost:port", "ELASTICSEARCH_URL: .*such as http://localhost:9200"),
        ("ELASTICSEARCH_URL", "http:/elasticsearch", "ELASTICSEARCH_URL: .*such as http://localhost:9200"),
        ("REDIS_URL", "foo", "REDIS_URL: .*such as redis://localhost:6379/0"),
        ("REDIS_URL", "unix:///run/redis.sock", "REDIS_URL: .*such as redis://localhost:6379/0"),
        ("GPU_PRECISION", "bfloat16", "GPU_PRECISION: Input should be 'float16' or 'float32'"),
        ("STAFF", "ada:short", "STAFF: .*at least 12 characters"),
    ],
)
def test_a_value_that_cannot_work_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=fault):
        Settings.from_environment()


@pytest.mark.parametrize(
    ("address", "with_password"),
    [
        (None, "redis://:p%40ss%3A%2F@localhost:6379/0"),
        ("redis://shop@redis:6379/0", "redis://shop:p%40ss%3A%2F@redis:6379/0"),
        ("rediss://redis/1?ssl_ca_certs=/a@b.pem", "rediss://:p%40ss%3A%2F@redis/1?ssl_ca_certs=/a@b.pem"),
        ("redis+sentinel://a:26379,b:26379/shop/1", "redis+sentinel://:p%40ss%3A%2F@a:26379,b:26379/shop/1"),
    ],
)
def test_the_password_of_redis_goes_into_its_address(
    monkeypatch: pytest.MonkeyPatch, address: str | None, with_password: str
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    if address:
        monkeypatch.setenv("REDIS_URL", address)
    monkeypatch.setenv("REDIS_PASSWORD", "p@ss:/")
    assert Settings.from_environment().redis_url == with_password


def test_redis_has_one_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://shop:one@redis:6379/0")
    monkeypatch.setenv("REDIS_PASSWORD", "another")
    with pytest.raises(SettingsError, match=r"REDIS_URL: .*has a password, and REDIS_PASSWORD is set, too"):
        Settings.from_environment()


def test_addresses_may_be_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://a.example:9200, http://b.example")
    assert Settings.from_environment().elasticsearch_url == "http://a.example:9200,http://b.example"


def test_secrets_that_are_good_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for secrets in (KEY, f"whsec_{KEY}", f"whsec_{KEY},{KEY}"):
        monkeypatch.setenv("WEBHOOK_SECRET", secrets)
        assert Settings.from_environment().webhook_secrets == tuple(secrets.split(","))


@pytest.mark.parametrize("origin", ["shop.example", "https://shop.example/", "https://*.example", "null", "*"])
def test_an_origin_of_widgets_is_one_as_browsers_send_it(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("WIDGET_ORIGINS", f"https://a.example:8443,{origin}")
    with pytest.raises(SettingsError, match=r"WIDGET_ORIGINS: .*is not an origin such as"):
        Settings.from_environment()


def test_levels_are_those_of_staff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF", f"ada:{KEY},eve:{KEY}")
    monkeypatch.setenv("STAFF_LEVELS", "ada:publish,eve:view")
    assert Settings.from_environment().staff_levels == "ada:publish,eve:view"
    monkeypatch.setenv("STAFF_LEVELS", "eva:view")
    with pytest.raises(SettingsError, match=r"STAFF_LEVELS: .*'eva' is not a name in STAFF"):
        Settings.from_environment()
