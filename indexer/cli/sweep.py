"""``lookalike sweep``: write the vectors of what changed in attached indices."""

from __future__ import annotations

import click

from indexer.attached.attachment import Attachments
from indexer.cli.console import progress_bar
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


@click.command()
@click.option("--index", help="Only this one.")
@click.option("--retry-failed", is_flag=True, help="Retry all documents that failed, whatever the reason.")
def sweep(*, index: str | None, retry_failed: bool) -> None:
    """Process what changed in the attached indices, in this process; the workers do so by themselves."""
    settings = Settings.from_environment()
    names = [index] if index else Attachments(ProductIndex.open(settings)).all()
    sweep_all(settings, names, retry_failed=retry_failed)


def sweep_all(settings: Settings, names: list[str], *, retry_failed: bool = False) -> None:
    """Sweep attached indices one after the other, each with a progress bar."""
    from indexer.attached.sweep import Sweep
    from indexer.embedding.pipeline import Pipeline

    pipeline = Pipeline.from_settings(settings)
    for name in names:
        with progress_bar() as progress:
            bar = progress.add_task(name, total=None)
            sweeping = Sweep(
                ProductIndex.open(settings),
                pipeline,
                lambda what, done, total: progress.update(bar, description=what, completed=done, total=total),  # noqa: B023
            )
            swept = sweeping.run(name, retry_failed=retry_failed)
        click.echo(
            f"{name}: {swept.written:,} vectors written, {len(swept.failed):,} failed, {swept.later:,} for later"
        )
        for product_id, why in list(swept.failed.items())[:20]:
            click.echo(f"  {product_id}  {why}")
