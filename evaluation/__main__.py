"""Entry point of ``python -m evaluation``."""

from evaluation.cli import main

main(prog_name="python -m evaluation")
