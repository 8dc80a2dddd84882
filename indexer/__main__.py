"""Entry point of ``python -m indexer``."""

from indexer.cli.main import main

main(prog_name="python -m indexer")
