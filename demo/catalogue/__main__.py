"""``python -m demo.catalogue FOLDER``: render the sandbox shop's catalogue."""

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from demo.catalogue.picture import SHOP_DETAIL
from demo.catalogue.render import is_complete, render_catalogue
from demo.catalogue.sheet import contact_sheet
from workers import priority


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--products", type=click.IntRange(min=1), default=2400, show_default=True, help="Number of products.")
@click.option("--seed", type=int, default=7, show_default=True, help="Random seed.")
@click.option(
    "--detail",
    type=click.IntRange(1, 4),
    default=SHOP_DETAIL,
    show_default=True,
    help="Pixels of a unit; a dress is 480 units wide.",
)
@click.option("--processes", type=click.IntRange(min=1), help="Number of processes.  [default: one per core]")
@click.option("--nice", type=click.IntRange(0, 19), default=0, help="Leave the cores to others, as nice does.")
@click.option("--sheet", type=click.Path(dir_okay=False, path_type=Path), help="Write a contact sheet of 48 products.")
def main(
    folder: Path, products: int, seed: int, detail: int, processes: int | None, nice: int, sheet: Path | None
) -> None:
    """Render the sandbox shop's catalogue into FOLDER."""
    priority.lower(nice)
    catalogue = folder / "catalog.jsonl"
    if not is_complete(folder, products=products, seed=seed, detail=detail):
        columns = (TextColumn("Drawing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns) as bar:
            task = bar.add_task("Drawing", total=products)
            catalogue = render_catalogue(
                folder,
                products=products,
                seed=seed,
                detail=detail,
                processes=processes,
                progress=lambda done, _: bar.update(task, completed=done),
            )
    click.echo(f"{products} products: {catalogue}")
    if sheet:
        contact_sheet(catalogue, sheet, seed=seed)
        click.echo(f"Contact sheet: {sheet}")


if __name__ == "__main__":
    main()
