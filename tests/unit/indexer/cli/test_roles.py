"""Roles as the bodies of requests, and wrong users named."""

import json

import pytest
from click.testing import CliRunner

from es_mappings import roles
from indexer.cli.main import main


def _printed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setenv("INDEX_NAME", "toys")
    result = CliRunner().invoke(main, ["roles", *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_roles_are_printed_as_bodies_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _printed(monkeypatch, "web") == roles.web("toys")
    assert _printed(monkeypatch, "attach", "--index", "theirs") == roles.attaching("toys", "theirs")
    assert _printed(monkeypatch) == {f"lookalike-{name}": build("toys") for name, build in roles.ROLES.items()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--users", "root:a-long-password"], "'root' is no role; there are web, writer, embedder, search-team"),
        (["--users", "web:short"], "the password of web is shorter than 12 characters"),
        (["attach"], "takes --index"),
        (["web", "--index", "theirs"], "takes --index"),
    ],
)
def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    monkeypatch.setenv("INDEX_NAME", "toys")
    result = CliRunner().invoke(main, ["roles", *arguments])
    assert result.exit_code == 2
    assert message in " ".join(result.output.replace("\u2502", " ").split())
