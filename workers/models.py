"""Convert the models before a worker starts, so that it takes no photograph that would have to wait for them.

``python -m workers.models`` with the worker's own settings; the cache keeps what it converts.
"""

from __future__ import annotations

import click

from indexer.cli.console import errors_in_one_line
from indexer.embedding.regions import load_finder
from indexer.settings import Settings
from indexer.vectorizers import load_vectorizers


@click.command()
def main() -> None:
    """Load all models of a worker once."""
    with errors_in_one_line():
        settings = Settings.from_environment()
        load_vectorizers(settings)
        load_finder(settings)


if __name__ == "__main__":
    main(prog_name="python -m workers.models")
