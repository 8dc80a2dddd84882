import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from evaluation.cli import main as evaluation
from indexer.cli.lazy import LazyGroup
from indexer.cli.main import main as indexer

HEAVY = {"torch", "elasticsearch", "sklearn", "numpy", "openvino", "redis", "celery", "rich", "pydantic"}


def _commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for command in group.list_commands(context):
        found = group.get_command(context, command)
        assert found is not None
        yield f"{name} {command}", found
        if isinstance(found, click.Group):
            yield from _commands(found, f"{name} {command}")


@pytest.mark.parametrize("group", [indexer, evaluation], ids=["indexer", "evaluation"])
def test_every_command_of_the_table_explains_itself(group: LazyGroup) -> None:
    commands = dict(_commands(group, "python -m"))
    assert len(commands) >= len(group.table) > 5
    for name, command in commands.items():
        assert command.help, name
        assert f"Usage: {name}" in command.get_help(click.Context(command, info_name=name))


@pytest.mark.parametrize("room", ["indexer", "evaluation"])
def test_the_list_of_commands_loads_nothing_heavy(room: str) -> None:
    code = (
        f"import sys\nfrom {room}.{'cli.main' if room == 'indexer' else 'cli'} import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('loaded', sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Commands:" in done.stdout
    assert done.stdout.endswith("loaded []\n")
