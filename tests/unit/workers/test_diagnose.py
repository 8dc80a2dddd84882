"""What a support bundle must not have in it."""

import json

import pytest
from click.testing import CliRunner

from indexer.settings import Settings
from workers.diagnose import _secrets, _without, main


@pytest.mark.parametrize("password", ['quo"te-secret', "back\\slash-secret", "Zwölf-Schlüssel", "per%63ent-secret"])
def test_a_secret_is_removed_as_json_spells_it_too(password: str) -> None:
    settings = Settings(elasticsearch_user="ada", elasticsearch_password=password)
    text = json.dumps({"error": f"401 for ada:{password}"}) + password
    cleaned = _without(text, sorted(_secrets(settings), key=len, reverse=True))
    assert cleaned == json.dumps({"error": "401 for ada:***"}) + "***"


@pytest.mark.parametrize(
    ("address", "password"),
    [
        ("redis://shop:a-password@host:6379/0", "a-password"),
        ("redis+sentinel://shop:one,a-password@a:1,b:2/main", "one,a-password"),
        ("redis+sentinel://a:1/main?sentinel_password=a-password", "a-password"),
    ],
)
def test_the_password_of_redis_is_removed_where_it_stands_alone(address: str, password: str) -> None:
    assert _without(f"WRONGPASS {password}", list(_secrets(Settings(redis_url=address)))) == "WRONGPASS ***"


def test_a_file_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.diagnose.bundle", lambda *_: {})
    done = CliRunner().invoke(main, ["--out", "/no/such/folder/bundle.zip"])
    assert done.exit_code == 1
    assert "/no/such/folder/bundle.zip" in done.output
    assert "No such file or directory" in done.output
