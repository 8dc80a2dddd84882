"""``python -m evaluation``: golden sets, and the measurements that use them. One module per command."""

from __future__ import annotations

import click

from indexer.cli.lazy import Entry, LazyGroup

COMMANDS = {
    "golden": Entry("evaluation.golden_sets:command", "Make golden sets: pairs of products with a grade from 0 to 3."),
    "pool": Entry("evaluation.pools:command", "Pool candidates of several models for the judges."),
    "models": Entry("evaluation.models:command", "Compare models, layers and reductions on a golden set."),
    "projections": Entry("evaluation.projections:command", "Compare a learned projection with a PCA."),
    "looks": Entry("evaluation.looks:command", "Compare ways to take the look from a picture, and their costs."),
    "search": Entry("evaluation.search:command", "Judge the search that shoppers get by a golden set."),
    "words": Entry("evaluation.words:command", "Measure whether words find the pictures that look like them."),
    "tastes": Entry("evaluation.tastes:command", "Measure how likes of several kinds share a page."),
    "complements": Entry("evaluation.complements:command", "Measure what goes with products on simulated orders."),
    "clicks": Entry("evaluation.clicks:command", "Measure what is learned from simulated clicks."),
    "experiments": Entry("evaluation.experiments:command", "Measure experiments on simulated shoppers."),
    "exchanges": Entry("evaluation.exchanges:command", "Measure similar products with another value of an attribute."),
    "matches": Entry("evaluation.matches:command", "Measure which photographs get the message that nothing is alike."),
    "regions": Entry("evaluation.regions:command", "Measure what is found on photographs of several products."),
    "attributes": Entry("evaluation.attributes:command", "Measure attribution on a catalogue."),
    "neighbours": Entry("evaluation.neighbours:command", "Compare structures for nearest neighbours."),
    "load": Entry("evaluation.load.command:command", "Put a shop under more load than it can serve."),
    "shop": Entry("evaluation.browser.command:command", "Measure in a browser how long a shopper waits."),
    "suggestions": Entry("evaluation.bench_suggestions:command", "Measure suggestions while a shopper types."),
    "bench": Entry("evaluation.bench_search:command", "Measure pages in the order of similarity."),
    "bench-index-types": Entry(
        "evaluation.bench_index_types:command", "Measure what vectors are best kept in, by size."
    ),
    "bench-shards": Entry("evaluation.bench_shards:command", "Measure the hits of a like by shards."),
    "bench-writes": Entry("evaluation.bench_writes:command", "Measure what writing vectors costs."),
    "bench-scale": Entry("evaluation.bench_scale:command", "Measure a shopper's clicks among a million products."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def main() -> None:
    """Measure which vectors, structures and queries find what people judge similar."""
