"""``lookalike rebuild``: build a new index for the current mapping and models."""

from __future__ import annotations

from pathlib import Path

import click

from indexer.cli.rollouts import abandon_option, anyway_option, carry_out, dry_run_option, explain
from indexer.relevance import golden
from indexer.rollouts.comparing import Thresholds
from indexer.rollouts.steps import Options
from indexer.settings import Settings

_GOLDEN = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--refit", is_flag=True, help="Fit the reductions again on the stored activations.")
@click.option("--space", metavar="DIGEST", help="Use this vector space, fitted before, such as a learned one.")
@click.option("--golden", "golden_set", type=_GOLDEN, help="Compare NDCG@10 on these judgements.")
@click.option("--max-ndcg-loss", type=float, default=0.02, show_default=True, help="By how much NDCG@10 may fall.")
@click.option("--min-overlap", type=click.FloatRange(0, 1), default=0.0, help="Least overlap of each top 24, 0 to 1.")
@click.option("--shards", type=click.IntRange(1), default=1, show_default=True)
@click.option("--replicas", type=click.IntRange(0), help="By default one if there is a node for it.")
@anyway_option
@abandon_option
@dry_run_option
def rebuild(
    *,
    refit: bool,
    space: str | None,
    golden_set: Path | None,
    max_ndcg_loss: float,
    min_overlap: float,
    shards: int,
    replicas: int | None,
    anyway: bool,
    abandon: bool,
    dry_run: bool,
) -> None:
    """Build a new index for the current mapping and models while the live one serves, and swap them.

    The same command continues an interrupted run. The index that was live is kept for `rollback`.
    """
    settings = Settings.from_environment()
    if dry_run:
        explain(settings, "rebuild")
        return
    options = Options(
        refit=refit,
        space=space,
        shards=shards,
        replicas=replicas,
        anyway=anyway,
        thresholds=Thresholds(ndcg=max_ndcg_loss, overlap=min_overlap),
        judgements=golden.read_golden_set(golden_set) if golden_set else (),
    )
    carry_out(settings, options, "rebuild", abandon=abandon)
