"""Command line of the servers."""

from demo.services.cli import main

main(prog_name="python -m demo.services")
