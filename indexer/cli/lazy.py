"""Groups that import a command only when it runs, because some imports take seconds."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """A command in a table: its ``module:attribute``, and its line and section in the list of commands."""

    target: str
    help: str
    section: str = "Commands"


class LazyGroup(click.Group):
    """A group that lists and completes its commands from a table, and imports one only to run it.

    Parameters
    ----------
    table
        The commands by name, in the order of the list. Those of packages that aren't installed are left out:
        production has neither ``demo`` nor ``evaluation``.
    """

    def __init__(self, *args: Any, table: Mapping[str, Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = {name: entry for name, entry in table.items() if _is_installed(entry.target.partition(":")[0])}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the table's order."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command.

        Raises
        ------
        click.ClickException
            A package that it needs is not installed.
        """
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name].target.partition(":")
        try:
            command: click.Command = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            if error.name is None or _is_installed(error.name):
                raise
            raise click.ClickException(
                f"`{cmd_name}` needs {error.name}, which is not installed: `make install` brings what all commands need"
            ) from error
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name; suggest similar names if there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=self.table, ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, section by section."""
        width = max(len(name) for name in self.table)
        for section in dict.fromkeys(entry.section for entry in self.table.values()):
            with formatter.section(section):
                formatter.write_dl(
                    [(name.ljust(width), entry.help) for name, entry in self.table.items() if entry.section == section]
                )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin like ``incomplete``."""
        commands = [
            CompletionItem(name, help=entry.help) for name, entry in self.table.items() if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors that the user can fix become one line."""
        from indexer.cli.console import errors_in_one_line  # imports the Elasticsearch client, which `--help` spares

        with errors_in_one_line():
            return super().invoke(ctx)


def _is_installed(module: str) -> bool:
    return find_spec(module.partition(".")[0]) is not None
