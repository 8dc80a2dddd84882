"""``python -m evaluation``: golden sets, and the measurements that use them. One module per command."""

from __future__ import annotations

import click

from indexer.cli.lazy import Entry, LazyGroup

COMMANDS = {
    "golden": Entry("evaluation.golden_sets:command", "Make golden sets: pairs of products with a grade from 0 to 3."),
    "pool": Entry("evaluation.pools:command", "Pool candidates of several models for the judges."),
    "models": Entry("evaluation.models:command", "Compare models, layers and reductions on a golden set."),
    "projections": Entry("evaluation.projections:command", "Compare a learned projection with a PCA."),
    "search": Entry("evaluation.search:command", "Judge the search that shoppers get by a golden set."),
    "attributes": Entry("evaluation.attributes:command", "Measure attribution on a catalogue."),
    "neighbours": Entry("evaluation.neighbours:command", "Compare structures for nearest neighbours."),
    "load": Entry("evaluation.load.command:command", "Put a shop under more load than it can serve."),
    "bench": Entry("evaluation.bench_search:command", "Measure pages in the order of similarity."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def main() -> None:
    """Measure which vectors, structures and queries find what people judge similar."""
