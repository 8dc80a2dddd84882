"""What commands have in common."""

import getpass

import click
import pytest
from click.testing import CliRunner

from indexer.cli.console import author_option


@click.command
@author_option
def _command(author: str) -> None:
    click.echo(author)


def test_a_user_without_a_name_is_an_author_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.delenv("LOOKALIKE_AUTHOR", raising=False)
    monkeypatch.setattr(getpass, "getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 10_001)
    assert CliRunner().invoke(_command).output == "uid 10001\n"
