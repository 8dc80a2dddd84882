"""Entry point of ``python -m demo.services``."""

from demo.services.cli import main

main(prog_name="python -m demo.services")
