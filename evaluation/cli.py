"""``python -m evaluation``: golden sets, and what is judged by them. One module a command."""

from __future__ import annotations

import importlib

import click

from indexer.cli.console import Commands

_COMMANDS = {
    "golden": "evaluation.golden_sets",
    "models": "evaluation.models",
    "pool": "evaluation.pools",
    "neighbours": "evaluation.neighbours",
    "projections": "evaluation.projections",
    "search": "evaluation.search",
    "attributes": "evaluation.attributes",
    "bench": "evaluation.bench_search",
}


class _Lazy(Commands):
    """Commands that are imported when they are asked for: some of them take seconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[name]).command
        return command


@click.group(cls=_Lazy)
def main() -> None:
    """Measure which vectors, structures and queries find what people call alike."""
