import click
import pytest
from click.testing import CliRunner

from search.cli import search, show_similar


@pytest.mark.parametrize("command", [search, show_similar])
def test_an_attached_index_is_searched_by_likes_alone(command: click.Command) -> None:
    ran = CliRunner().invoke(command, ["--attached", "theirs"])
    assert ran.exit_code == 2
    assert "An attached index is searched by --like." in ran.output
