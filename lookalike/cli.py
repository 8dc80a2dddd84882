"""``lookalike``: the commands of all rooms. A room is imported when its command runs."""

from __future__ import annotations

import click

from indexer.cli.lazy import Entry, LazyGroup
from indexer.cli.main import COMMANDS as INDEXER

COMMANDS = {
    **INDEXER,
    "enqueue": Entry("workers.enqueue:main", "Write products or events, and queue their embedding."),
    "dead-letters": Entry("workers.dead_letters:main", "List, retry or drop work that can't succeed."),
    "evaluate": Entry("evaluation.cli:main", "Measure vectors, structures and queries."),
    "demo": Entry("demo.sandbox:main", "Bring up the sandbox shop."),
    "services": Entry("demo.services.cli:main", "Start and stop Elasticsearch and Redis for development."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def main() -> None:
    """Search products by their looks, inside Elasticsearch.

    For completion in bash: eval "$(_LOOKALIKE_COMPLETE=bash_source lookalike)"; zsh and fish alike.
    """
