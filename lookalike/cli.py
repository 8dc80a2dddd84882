"""``lookalike``: the commands of all rooms. A room is imported when its command runs."""

from __future__ import annotations

import click

from indexer.cli.lazy import Entry, LazyGroup
from indexer.cli.main import CATALOGUE, OPERATION, RELEVANCE
from indexer.cli.main import COMMANDS as INDEXER
from indexer.cli.running_demo import use_running_demo

_DEVELOPMENT = "Development"

_OF_A_SHOP = {
    **INDEXER,
    "compare": Entry("evaluation.compare:command", "Compare two configurations on many queries.", RELEVANCE),
    "enqueue": Entry("workers.enqueue:main", "Write products or events, and queue their embedding.", CATALOGUE),
    "orders": Entry("workers.orders:main", "Count what was ordered together, from past orders.", RELEVANCE),
    "diagnose": Entry("workers.diagnose:main", "Write a support bundle without secrets.", OPERATION),
    "dead-letters": Entry("workers.dead_letters:main", "List, retry or drop work that can't succeed.", OPERATION),
}
COMMANDS = {
    **_OF_A_SHOP,
    "evaluate": Entry("evaluation.cli:main", "Measure vectors, structures and queries.", _DEVELOPMENT),
    "demo": Entry("demo.sandbox:main", "Bring up the sandbox shop.", _DEVELOPMENT),
    "services": Entry(
        "demo.services.cli:main", "Start and stop Elasticsearch and Redis for development.", _DEVELOPMENT
    ),
}


@click.group(cls=LazyGroup, table=COMMANDS)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Search products by their looks, inside Elasticsearch.

    For completion in bash: eval "$(_LOOKALIKE_COMPLETE=bash_source lookalike)"; zsh and fish alike.
    """
    if ctx.invoked_subcommand in _OF_A_SHOP:
        use_running_demo()
