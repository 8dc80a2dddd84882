"""Entry point of ``python -m lookalike``."""

from lookalike.cli import main

main(prog_name="lookalike")
