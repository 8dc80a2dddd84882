"""``lookalike rollback``: swap back to the index that was live before."""

from __future__ import annotations

import click

from indexer.cli.rollouts import abandon_option, anyway_option, carry_out, dry_run_option, explain
from indexer.rollouts.steps import Options
from indexer.settings import Settings


@click.command()
@anyway_option
@abandon_option
@dry_run_option
def rollback(*, anyway: bool, abandon: bool, dry_run: bool) -> None:
    """Make the previously live index live again, with everything written since."""
    settings = Settings.from_environment()
    if dry_run:
        explain(settings, "rollback")
    else:
        carry_out(settings, Options(anyway=anyway), "rollback", abandon=abandon)
