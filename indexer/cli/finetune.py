"""``lookalike finetune``: train a checkpoint that the pipeline can run, which is why it isn't in evaluation/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.cli.console import progress_bar
from indexer.settings import Settings

if TYPE_CHECKING:
    import torch

    from indexer.finetuning.training import Training


@click.command()
@click.argument("catalog", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Output folder.")
@click.option("--head", "heads", multiple=True, default=("category",), help="category, or an attribute; repeatable.")
@click.option("--loss", type=click.Choice(["supcon", "arcface"]), default="supcon", show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=20, show_default=True)
@click.option("--frozen-epochs", type=click.IntRange(0), default=2, show_default=True, help="Only the heads learn.")
@click.option("--batch-size", type=click.IntRange(8), default=64, show_default=True)
@click.option("--patience", type=click.IntRange(1), default=5, show_default=True, help="Epochs without a better model.")
def finetune(catalog: Path, *, out: Path, heads: tuple[str, ...], **plan: object) -> None:
    """Train the look's CNN on the labels of CATALOG's images. The same command continues an interrupted run.

    The first head decides which images become similar: those with the same label. Set LOOK_WEIGHTS to the trained
    checkpoint, then change over by `lookalike rebuild`.
    """
    from indexer.finetuning.examples import read_examples
    from indexer.finetuning.training import Plan, Training
    from indexer.images.fetching import ImageSource
    from indexer.vectorizers.checkpoints import load_model
    from indexer.vectorizers.presets import find_preset

    settings = Settings.from_environment()
    loaded = load_model(find_preset(settings.look_model).model, settings.look_weights)
    examples = read_examples(catalog, heads)
    click.echo(f"{len(examples.learned):,} images to learn from, {len(examples.held_out):,} to judge by")
    training = Training(loaded, examples, ImageSource.from_settings(settings), Plan(**plan), out)  # type: ignore[arg-type]
    with progress_bar() as progress:
        task = progress.add_task("Fine-tuning", total=plan["epochs"], completed=training.progress.epoch)  # type: ignore[arg-type]

        def report_epoch(entry: dict[str, float]) -> None:
            progress.update(task, completed=entry["epoch"])
            progress.console.print(f"epoch {entry['epoch']}: loss {entry['loss']}, NDCG@10 {entry['ndcg@10']}")

        best = training.run(report_epoch)
    checkpoint = _write(out, settings.look_model, training, best)
    click.echo(f"LOOK_MODEL={settings.look_model} LOOK_WEIGHTS={checkpoint}")


def _write(out: Path, name: str, training: Training, best: dict[str, torch.Tensor]) -> Path:
    from safetensors.torch import save_file

    from indexer.vectorizers.checkpoints import load_model
    from indexer.vectorizers.presets import find_preset

    checkpoint = out / "weights.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in best.items()}, checkpoint)
    progress = training.progress
    report = {
        "model": name,
        "weights": load_model(find_preset(name).model, checkpoint).digest,
        "ndcg@10": {"before": progress.history[0]["ndcg@10"], "after": round(progress.best, 4)},
        "best_epoch": progress.best_epoch,
        "history": progress.history,
    }
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    return checkpoint
