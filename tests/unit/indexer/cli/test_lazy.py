from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from indexer.cli.lazy import Entry, LazyGroup

TABLE = {
    "status": Entry("indexer.cli.status:status", "Show what is indexed."),
    "attach": Entry("indexer.cli.attach:attach", "Add vectors.", "Elsewhere"),
    "elsewhere": Entry("no_such_package.cli:main", "Not in this installation."),
    "torn": Entry("indexer.cli.torn:main", "A module of ours that is missing."),
}


@pytest.fixture
def group() -> LazyGroup:
    return LazyGroup("lookalike", table=TABLE)


def test_lists_the_installed_commands_by_section_in_the_order_of_the_table(group: LazyGroup) -> None:
    listing = CliRunner().invoke(group, ["--help"]).output
    assert "Show what is indexed." in listing
    words = [line.split()[0] for line in listing.partition("Commands:\n")[2].splitlines() if line]
    assert words == ["status", "torn", "Elsewhere:", "attach"]


def test_runs_the_named_command(group: LazyGroup) -> None:
    result = CliRunner().invoke(group, ["attach", "--help"])
    assert result.exit_code == 0
    assert "Usage: lookalike attach" in result.output


def test_suggests_a_command_for_a_misspelt_one(group: LazyGroup) -> None:
    result = CliRunner().invoke(group, ["statsu"])
    assert result.exit_code == 2
    assert "Did you mean 'status'?" in result.output


def test_completes_names_with_their_help(group: LazyGroup) -> None:
    completions = ShellComplete(group, {}, "lookalike", "_LOOKALIKE_COMPLETE").get_completions([], "sta")
    assert [(item.value, item.help) for item in completions] == [("status", "Show what is indexed.")]


def test_completes_the_options_of_a_command(group: LazyGroup) -> None:
    completions = ShellComplete(group, {}, "lookalike", "_LOOKALIKE_COMPLETE").get_completions(["status"], "--fail")
    assert [item.value for item in completions] == ["--failures"]


def test_the_error_names_a_package_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drawing.py").write_text("import no_such_package.colors\n")
    monkeypatch.syspath_prepend(tmp_path)
    result = CliRunner().invoke(LazyGroup(table={"draw": Entry("drawing:main", "Draw.")}), ["draw"])
    assert result.exit_code == 1
    assert "`draw` needs no_such_package, which is not installed" in result.output


def test_a_missing_module_of_ours_is_not_reported_as_a_missing_package(group: LazyGroup) -> None:
    with pytest.raises(ModuleNotFoundError):
        CliRunner().invoke(group, ["torn"], catch_exceptions=False)


def test_errors_that_the_user_can_fix_become_one_line(group: LazyGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_SIZE", "many")
    result = CliRunner().invoke(group, ["status"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "BATCH_SIZE" in result.output


def test_a_nested_group_has_its_own_commands() -> None:
    outer = LazyGroup("lookalike", table={"evaluate": Entry("evaluation.cli:main", "Measure.")})
    result = CliRunner().invoke(outer, ["evaluate", "golden", "--help"])
    assert result.exit_code == 0
    assert isinstance(outer.get_command(click.Context(outer), "evaluate"), LazyGroup)
    assert "Usage: lookalike evaluate golden" in result.output
