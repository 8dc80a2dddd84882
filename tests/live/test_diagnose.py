"""The support bundle, of a running shop and of one whose servers are down."""

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from indexer.settings import Settings
from lookalike.cli import main
from tests.conftest import Shop
from tests.unit.indexer.test_setting_files import SECRETS


def _bundle(path: Path) -> dict[str, str]:
    done = CliRunner().invoke(main, ["diagnose", "--out", str(path)])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def test_it_says_how_the_shop_stands(shop: Shop, tmp_path: Path) -> None:
    files = _bundle(tmp_path / "bundle.zip")
    assert not [text for text in files.values() if text.startswith('{\n "error"')]
    assert json.loads(files["shop.json"])["products"]["done"] > 0
    assert json.loads(files["elasticsearch.json"])["info"]["version"]["number"] in files["elasticsearch.json"]
    live = json.loads(files["shop.json"])["live"]
    assert "vector" in json.loads(files["indices.json"])[live]["mappings"]["properties"]
    assert json.loads(files["redis.json"])["redis_version"]
    assert "lookalike_products" in files["metrics.txt"]
    assert json.loads(files["settings.json"])["INDEX_NAME"] == shop.alias
    assert shop.settings.secret_key
    assert shop.settings.secret_key.get_secret_value() not in "".join(files.values())


@pytest.mark.parametrize("redis", ["redis://:s3cr3t-redis@127.0.0.1:9/0", "redis://127.0.0.1:9/0"])
def test_no_secret_is_in_it_even_where_a_server_repeats_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, redis: str
) -> None:
    secrets = [*SECRETS, ("ELASTICSEARCH_PROXY", "http://a:s3cr3t-proxy@127.0.0.1:9")]
    fields = {name for name, field in Settings.model_fields.items() if SecretStr in _types(field.annotation)}
    assert {name.upper() for name in fields} <= {name for name, _ in secrets}
    for name, value in secrets:
        monkeypatch.setenv(name, value)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setenv("ELASTICSEARCH_URL", "https://127.0.0.1:9")
    monkeypatch.setenv("REDIS_URL", redis)
    if "@" in redis:  # its password is there
        monkeypatch.delenv("REDIS_PASSWORD")
    monkeypatch.delenv("ELASTICSEARCH_API_KEY")
    monkeypatch.setenv("ELASTICSEARCH_USER", "ada")
    text = "".join(_bundle(tmp_path / "bundle.zip").values())
    assert "Connection" in text  # neither server answers, and it says so
    for name, value in secrets:
        if name != "ELASTICSEARCH_URL":
            assert value not in text, name
    assert "s3cr3t" not in text
    assert "a-long-password" not in text


def _types(annotation: object) -> tuple[object, ...]:
    return getattr(annotation, "__args__", (annotation,))
