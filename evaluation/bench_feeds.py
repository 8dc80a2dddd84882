"""``python -m evaluation.bench_feeds``: rows per second and memory of reading a large feed."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from rich.table import Table

from indexer.cli.console import errors_in_one_line, report_console

_HEADER = (
    "id\ttitle\tdescription\tlink\timage_link\tadditional_image_link\tavailability\tprice\tproduct_type\t"
    "google_product_category\tbrand\titem_group_id\tcolor\tsize\n"
)
_STEPS = ("rows", "products", "inspect")


@click.command()
@click.option("--rows", "count", default=1_000_000, show_default=True, help="Rows of the feed, a Merchant TSV.")
@click.option("--step", type=click.Choice(_STEPS), hidden=True, help="What this process measures.")
@click.option("--file", "path", type=click.Path(path_type=Path), hidden=True)
def main(*, count: int, step: str | None, path: Path | None) -> None:
    """Print rows/s and the peak memory of reading a feed, each step in a process of its own."""
    if step and path:
        click.echo(json.dumps(_measured(step, path)))
        return
    table = Table(title=f"{count:,} rows of a Merchant TSV")
    for heading in ("Step", "Rows/s", "Rows per CPU second", "Memory before, MiB", "Peak, MiB"):
        table.add_column(heading, justify="left" if heading == "Step" else "right")
    with errors_in_one_line(), tempfile.TemporaryDirectory(prefix="bench-feeds-") as folder:
        file = Path(folder) / "merchant.tsv"
        _write(file, count)
        for name in _STEPS:
            command = [sys.executable, "-m", "evaluation.bench_feeds", "--step", name, "--file", str(file)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=3_600)
            figures = json.loads(done.stdout)
            click.echo(f"{name}: {figures}", err=True)
            table.add_row(name, *(f"{figures[key]:,.0f}" for key in ("per_second", "per_cpu_second", "before", "peak")))
    report_console().print(table)


def _write(file: Path, count: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write(_HEADER)
        for n in range(count):
            address = f"https://img.example/{n}"
            out.write(
                f"{n}\tSommerkleid {n} für Damen\tEin leichtes Kleid aus Leinen, Größe {n % 40}, weich &amp; kühl.\t"
                f"https://shop.example/p/{n}\t{address}.jpg\t{address}-b.jpg,{address}-c.jpg\tin_stock\t"
                f"{n % 200}.99 EUR\tDamen > Kleider > Midi\t2271\tMarlowe {n % 50}\tG{n // 4}\tSalbei\t{n % 40}\n"
            )


def _measured(step: str, path: Path) -> dict[str, float]:
    from indexer.catalog.feeds.feed import open_feed
    from indexer.catalog.feeds.inspecting import Inspection
    from indexer.catalog.feeds.reading import read_catalog

    before, begun, cpu = _peak(), time.perf_counter(), time.process_time()
    if step == "inspect":
        inspection = Inspection.of(open_feed(path))
        for _ in inspection.run():
            pass
        count = inspection.written
    else:
        count = sum(1 for _ in (open_feed(path).rows() if step == "rows" else read_catalog(path)))
    return {
        "per_second": count / (time.perf_counter() - begun),
        "per_cpu_second": count / (time.process_time() - cpu),
        "before": before,
        "peak": _peak(),
    }


def _peak() -> float:
    """Return the most memory that this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


if __name__ == "__main__":
    main()
