"""``python -m indexer``: the table of its commands, a file for each command."""

from __future__ import annotations

import click

from indexer.cli.lazy import Entry, LazyGroup
from indexer.cli.running_demo import use_running_demo

# Sections of the list of commands, in the order of the table.
CATALOGUE = "Catalogue"
SEARCH = "Search"
RELEVANCE = "Relevance"
ATTACHED = "Another product index"
MODELS = "Models"
OPERATION = "Operation"

# `search` and `show` belong to a package above this one, which may not be imported here: their names are enough.
COMMANDS = {
    "load": Entry("indexer.cli.load:load", "Write a catalogue's products, then their vectors.", CATALOGUE),
    "feed": Entry("indexer.cli.feed:feed", "Look at a catalogue file before it is loaded.", CATALOGUE),
    "vectorize": Entry(
        "indexer.cli.vectorize:vectorize", "Write the vectors of products that have none yet.", CATALOGUE
    ),
    "attributes": Entry("indexer.cli.attributes:attributes", "Predict attributes from pictures and text.", CATALOGUE),
    "duplicates": Entry(
        "indexer.cli.duplicates:duplicates", "List products that share a picture, or nearly.", CATALOGUE
    ),
    "search": Entry("search.cli:search", "Search by keywords, by similarity, or both.", SEARCH),
    "show": Entry("search.cli:show", "Print a mapping or a query as JSON, for Kibana.", SEARCH),
    "check": Entry("indexer.cli.check:check", "Try every mapping, query and script of es_mappings/.", SEARCH),
    "fit": Entry("indexer.cli.fit:fit", "Fit a vector space on the stored activations.", RELEVANCE),
    "weights": Entry("indexer.cli.weights:weights", "Show, set or fit the aspect weights of categories.", RELEVANCE),
    "synonyms": Entry("indexer.cli.synonyms:synonyms", "List, add or remove synonyms of shoppers' words.", RELEVANCE),
    "configurations": Entry(
        "indexer.cli.configurations:configurations", "Save, compare and publish what relevance is made of.", RELEVANCE
    ),
    "rules": Entry("indexer.cli.rules:rules", "Pin, hide, boost or narrow what some searches find.", RELEVANCE),
    "queries": Entry(
        "indexer.cli.queries:queries", "Report what shoppers search for; keep sets of queries.", RELEVANCE
    ),
    "experiments": Entry(
        "indexer.cli.experiments:experiments", "Let shoppers decide between two configurations.", RELEVANCE
    ),
    "judgements": Entry("indexer.cli.judgements:judgements", "Make golden sets of what shoppers do.", RELEVANCE),
    "calibrate": Entry("indexer.cli.calibrate:calibrate", "Fit the match percentage on a golden set.", RELEVANCE),
    "attach": Entry("indexer.cli.attach:attach", "Add vectors to a product index that is not ours.", ATTACHED),
    "sweep": Entry("indexer.cli.sweep:sweep", "Write the vectors of what changed in attached indices.", ATTACHED),
    "detach": Entry("indexer.cli.detach:detach", "Remove from an attached index all that was written.", ATTACHED),
    "layers": Entry("indexer.cli.layers:layers", "List the layers of a model.", MODELS),
    "finetune": Entry("indexer.cli.finetune:finetune", "Train the look's CNN on a catalogue's labels.", MODELS),
    "status": Entry("indexer.cli.status:status", "Show what is indexed, what failed and why.", OPERATION),
    "rebuild": Entry(
        "indexer.cli.rebuild:rebuild", "Build a new index while the live one serves, and swap them.", OPERATION
    ),
    "rollback": Entry("indexer.cli.rollback:rollback", "Swap back to the index that was live before.", OPERATION),
    "prune": Entry("indexer.cli.prune:prune", "Delete the index that is kept for `rollback`.", OPERATION),
    "expire": Entry("indexer.cli.expire:expire", "Delete activations that no product uses any more.", OPERATION),
    "roles": Entry("indexer.cli.roles:roles", "Print or create roles for an Elasticsearch with security.", OPERATION),
    "size": Entry(
        "indexer.cli.size:size", "Say what a catalogue of a size needs: disk, memory, shards, nodes.", OPERATION
    ),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def main() -> None:
    """Build and serve an Elasticsearch product index with image vectors."""
    use_running_demo()
