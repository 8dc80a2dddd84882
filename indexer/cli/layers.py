"""``lookalike layers``: list the layers of a model."""

from __future__ import annotations

import click
from rich.table import Table

from indexer.cli.console import report_console


@click.command()
@click.argument("model")
def layers(model: str) -> None:
    """List the layers of MODEL (a preset, a timm name or torchvision:NAME) with their output shapes for one image."""
    from indexer.vectorizers.checkpoints import random_model
    from indexer.vectorizers.presets import find_preset
    from indexer.vectorizers.taps import list_layers

    preset = find_preset(model)
    built = random_model(preset.model)  # shapes don't depend on the checkpoint
    height, width = built.preprocessing.size
    table = Table(title=f"{preset.model}, {height} x {width} pixels")
    for heading in ("Layer", "Kind", "Gives", "Aspect"):
        table.add_column(heading, overflow="fold")
    for layer in list_layers(built.module, built.preprocessing.size):
        aspects = [name for name in ("look", "style", "parts") if layer.name in getattr(preset, name).layers]
        table.add_row(layer.name, layer.kind, " x ".join(map(str, layer.shape)), ", ".join(aspects))
    report_console().print(table)
