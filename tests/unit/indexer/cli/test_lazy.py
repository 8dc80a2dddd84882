from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from indexer.cli.lazy import Entry, LazyGroup

TABLE = {
    "status": Entry("indexer.cli.status:status", "Show what is indexed."),
    "attach": Entry("indexer.cli.attach:attach", "Add vectors."),
    "elsewhere": Entry("no_such_package.cli:main", "Not in this installation."),
    "torn": Entry("indexer.cli.torn:main", "A module of ours that is missing."),
}


@pytest.fixture
def group() -> LazyGroup:
    return LazyGroup("lookalike", table=TABLE)


def test_lists_the_table_in_its_order_without_what_is_not_installed(group: LazyGroup) -> None:
    shown = CliRunner().invoke(group, ["--help"]).output
    assert "Show what is indexed." in shown
    assert [line.split()[0] for line in shown.partition("Commands:\n")[2].splitlines()] == ["status", "attach", "torn"]


def test_runs_the_command_that_is_named(group: LazyGroup) -> None:
    shown = CliRunner().invoke(group, ["attach", "--help"])
    assert shown.exit_code == 0
    assert "Usage: lookalike attach" in shown.output


def test_suggests_a_command_for_a_misspelt_one(group: LazyGroup) -> None:
    shown = CliRunner().invoke(group, ["statsu"])
    assert shown.exit_code == 2
    assert "Did you mean 'status'?" in shown.output


def test_completes_names_and_their_help(group: LazyGroup) -> None:
    found = ShellComplete(group, {}, "lookalike", "_LOOKALIKE_COMPLETE").get_completions([], "sta")
    assert [(item.value, item.help) for item in found] == [("status", "Show what is indexed.")]


def test_completes_the_options_of_a_command(group: LazyGroup) -> None:
    found = ShellComplete(group, {}, "lookalike", "_LOOKALIKE_COMPLETE").get_completions(["status"], "--fail")
    assert [item.value for item in found] == ["--failures"]


def test_a_package_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drawing.py").write_text("import no_such_package.colors\n")
    monkeypatch.syspath_prepend(tmp_path)
    shown = CliRunner().invoke(LazyGroup(table={"draw": Entry("drawing:main", "Draw.")}), ["draw"])
    assert shown.exit_code == 1
    assert "`draw` needs no_such_package, which is not installed" in shown.output


def test_a_missing_module_of_ours_is_a_fault_and_not_an_installation(group: LazyGroup) -> None:
    with pytest.raises(ModuleNotFoundError):
        CliRunner().invoke(group, ["torn"], catch_exceptions=False)


def test_errors_that_a_person_can_mend_end_in_one_line(group: LazyGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_SIZE", "many")
    shown = CliRunner().invoke(group, ["status"])
    assert shown.exit_code == 1
    assert shown.output.startswith("Error: ")
    assert "BATCH_SIZE" in shown.output


def test_a_group_in_a_group_lists_its_own() -> None:
    outer = LazyGroup("lookalike", table={"evaluate": Entry("evaluation.cli:main", "Measure.")})
    shown = CliRunner().invoke(outer, ["evaluate", "golden", "--help"])
    assert shown.exit_code == 0
    assert isinstance(outer.get_command(click.Context(outer), "evaluate"), LazyGroup)
    assert "Usage: lookalike evaluate golden" in shown.output
