import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from indexer.cli.lazy import LazyGroup

GROUPS = ["lookalike.cli", "indexer.cli.main", "evaluation.cli"]
HEAVY = {"torch", "elasticsearch", "sklearn", "numpy", "openvino", "redis", "celery", "rich", "pydantic"}


def _group(module: str) -> LazyGroup:
    group = import_module(module).main
    assert isinstance(group, LazyGroup)
    return group


def _commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for command in group.list_commands(context):
        known = group.get_command(context, command)
        assert known is not None
        yield f"{name} {command}", known
        if isinstance(known, click.Group):
            yield from _commands(known, f"{name} {command}")


@pytest.mark.parametrize("module", GROUPS)
def test_the_help_lists_the_names_of_the_table(module: str) -> None:
    table = import_module(module).COMMANDS
    shown = CliRunner().invoke(_group(module), ["--help"], terminal_width=200).output
    listed: dict[str, list[list[str]]] = {}
    for line in shown.partition("this message and exit.\n\n")[2].splitlines():
        if line.endswith(":"):
            listed[line.removesuffix(":")] = []
        elif line:
            listed[list(listed)[-1]].append(line.split(maxsplit=1))
    for section, lines in listed.items():
        assert lines == [[name, entry.help] for name, entry in table.items() if entry.section == section]
    assert sum(map(len, listed.values())) == len(table)


@pytest.mark.parametrize("module", GROUPS)
def test_each_command_explains_itself(module: str) -> None:
    for name, command in _commands(_group(module), "lookalike"):
        assert command.help, name
        assert f"Usage: {name}" in command.get_help(click.Context(command, info_name=name))


def test_all_rooms_are_gathered() -> None:
    names = set(_group("lookalike.cli").table)
    assert set(_group("indexer.cli.main").table) < names
    assert {"enqueue", "dead-letters", "evaluate", "demo", "services"} <= names


@pytest.mark.parametrize("module", GROUPS)
def test_the_help_loads_nothing_heavy(module: str) -> None:
    code = (
        f"import sys\nfrom {module} import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('loaded', sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first = next(iter(import_module(module).COMMANDS.values()))
    assert f"{first.section}:\n" in done.stdout
    assert done.stdout.endswith("loaded []\n")


@pytest.mark.parametrize("module", ["lookalike", "indexer", "evaluation"])
def test_python_runs_them_as_well(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: lookalike" if module == "lookalike" else f"Usage: python -m {module}")
