"""Fine-tuning of a model of a few layers on squares and stripes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from indexer.cli.main import main
from indexer.errors import CheckpointError, SettingsError
from indexer.finetuning.examples import ABSENT, balanced_batches, read_examples
from indexer.finetuning.losses import ArcFace, Heads, supervised_contrastive
from indexer.finetuning.training import Plan, Training
from indexer.images.fetching import ImageSource
from indexer.vectorizers.checkpoints import load_model, random_model


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue")
    rng = np.random.default_rng(1)
    lines = []
    for number in range(60):
        kind = ("across", "down", "plain")[number % 3]
        pixels = np.full((64, 64, 3), rng.integers(60, 200, 3), np.uint8)
        if kind != "plain":
            stripes = (np.arange(64) // 8 % 2 == number % 2)[:, None] if kind == "across" else None
            mask = stripes if stripes is not None else (np.arange(64) // 8 % 2 == number % 2)[None]
            pixels[np.broadcast_to(mask, (64, 64))] = rng.integers(0, 255, 3)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        size = {"size": "large" if number % 2 else "small"} if number % 5 else {}
        lines.append({"id": str(number), "title": kind, "category": ["all", kind], "attributes": size})
        lines[-1]["images"] = [f"{number}.png"]
    path = folder / "catalog.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_labels_are_read_and_products_without_one_are_left_out(catalog: Path) -> None:
    examples = read_examples(catalog, ["category", "size"], held_out=0.3)
    assert examples.names == {"category": ["across", "down", "plain"], "size": ["large", "small"]}
    assert len(examples.learned) + len(examples.held_out) == 60
    assert 0 < len(examples.held_out) < 40
    assert any(example.labels[1] == ABSENT for example in examples.learned)
    with pytest.raises(SettingsError, match="--head colour: fewer than two labels"):
        read_examples(catalog, ["colour"])


def test_the_held_out_images_do_not_depend_on_the_folder(catalog: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(catalog.parent, tmp_path / "elsewhere") / catalog.name
    here, there = (read_examples(path, ["category"]) for path in (catalog, moved))
    assert [Path(e.image).name for e in here.held_out] == [Path(e.image).name for e in there.held_out]
    assert here.held_out != there.held_out


def test_variants_of_a_style_and_a_shared_image_are_held_out_together(tmp_path: Path) -> None:
    lines = [
        {"id": f"p{n}", "title": "a", "category": ["ab"[n % 2]], "images": [f"{n // 4}.png"], "style_id": f"s{n // 8}"}
        for n in range(160)
    ]
    path = tmp_path / "catalog.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    examples = read_examples(path, ["category"], held_out=0.3)
    sides = [{int(Path(e.image).stem) // 2 for e in side} for side in (examples.learned, examples.held_out)]
    assert all(sides)
    assert not set.intersection(*sides)


def test_too_few_held_out_images_are_refused(catalog: Path) -> None:
    with pytest.raises(SettingsError, match=r"of 60 images 0 are held out to judge by.*the same category"):
        read_examples(catalog, ["category"], held_out=0.0)


def test_batches_have_several_examples_of_each_label(catalog: Path) -> None:
    examples = read_examples(catalog, ["category"])
    few = [e for e in examples.learned if e.labels[0] != 0] + [e for e in examples.learned if e.labels[0] == 0][:2]
    for batch in balanced_batches(few, 16, seed=1):
        counts = np.bincount([example.labels[0] for example in batch])
        assert len(batch) == 16
        assert all(count % 4 == 0 for count in counts)


def test_losses_fall_as_alike_features_approach() -> None:
    labels = torch.tensor([0, 0, 1, 1, ABSENT])
    near = torch.tensor([[1.0, 0.1], [1.0, 0.0], [0.0, 1.0], [0.1, 1.0], [0.7, 0.7]])
    far = near[[0, 2, 1, 3, 4]]
    assert supervised_contrastive(near, labels) < supervised_contrastive(far, labels)
    # Two pairs at right angles, the own one at an angle of almost 0: by hand, log(e^(c/t) + 2 + ...) - c/t.
    alone = supervised_contrastive(torch.eye(3), torch.tensor([0, 0, 1]), temperature=1.0)
    assert float(alone) == pytest.approx(np.log(2))
    torch.manual_seed(1)
    arc = ArcFace(2, 2)
    with torch.no_grad():
        arc.centres.copy_(torch.eye(2))
    assert arc(near, labels) < arc(far, labels)
    assert float(Heads("arcface", 2, [2])(near, labels[:, None])) > 0


def train(catalog: Path, out: Path, **plan: object) -> Training:
    torch.manual_seed(3)  # the same model whenever it is asked for
    model = random_model("test_resnet")
    source = ImageSource(roots=(catalog.parent,))
    return Training(model, read_examples(catalog, ["category"]), source, Plan(batch_size=24, **plan), out)  # type: ignore[arg-type]


def test_an_interrupted_training_resumes(catalog: Path, tmp_path: Path) -> None:
    first = train(catalog, tmp_path, epochs=3, frozen_epochs=1)
    entries: list[dict[str, float]] = []

    def cut_off(entry: dict[str, float]) -> None:
        entries.append(entry)
        if entry["epoch"] == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run(cut_off)
    second = train(catalog, tmp_path, epochs=3, frozen_epochs=1)
    assert second.progress == first.progress
    for tensor, other in zip(first.model.state_dict().values(), second.model.state_dict().values(), strict=True):
        assert torch.equal(tensor, other)
    second.run(entries.append)
    assert [entry["epoch"] for entry in entries] == [0, 1, 2, 3]
    with pytest.raises(CheckpointError, match="belongs to another training"):
        train(catalog, tmp_path, epochs=4, frozen_epochs=1)
    (tmp_path / "checkpoint.pt").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(CheckpointError, match="is damaged: remove it"):
        train(catalog, tmp_path, epochs=3, frozen_epochs=1)


@pytest.mark.parametrize("frozen", [0, 1])
def test_only_frozen_epochs_leave_the_model_unchanged(catalog: Path, tmp_path: Path, frozen: int) -> None:
    training = train(catalog, tmp_path, epochs=1, frozen_epochs=frozen)
    before = {name: tensor.clone() for name, tensor in training.model.state_dict().items()}
    training.run(lambda _: None)
    changed = [name for name, tensor in training.model.state_dict().items() if not torch.equal(tensor, before[name])]
    assert bool(changed) == (not frozen)


@pytest.mark.parametrize("held_out", [0.2, 0.6])
def test_a_perfect_order_scores_one_even_with_few_held_out_images(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held_out: float
) -> None:
    training = train(catalog, tmp_path)
    examples = read_examples(catalog, ["category"], held_out=held_out)
    labels = np.array([example.labels[0] for example in examples.held_out])
    monkeypatch.setattr(training, "_examples", examples)
    monkeypatch.setattr(training, "embed", lambda _: (np.eye(3, dtype=np.float32)[labels], labels))
    assert training.ndcg() == pytest.approx(1)


def test_the_command_writes_a_checkpoint_that_the_look_loads(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import save_file

    torch.manual_seed(3)
    save_file(random_model("test_resnet").module.state_dict(), tmp_path / "before.safetensors")
    monkeypatch.setenv("LOOK_MODEL", "test_resnet")
    monkeypatch.setenv("LOOK_WEIGHTS", str(tmp_path / "before.safetensors"))
    monkeypatch.setenv("IMAGE_ROOTS", str(catalog.parent))
    options = [
        "--epochs",
        "6",
        "--patience",
        "6",
        "--frozen-epochs",
        "1",
        "--batch-size",
        "24",
        "--out",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(main, ["finetune", str(catalog), *options])
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert load_model("test_resnet", tmp_path / "out" / "weights.safetensors").digest == report["weights"]
    assert report["ndcg@10"]["after"] >= report["ndcg@10"]["before"]
    losses = [entry["loss"] for entry in report["history"]]
    assert len(losses) == 7
    assert all(np.isfinite(losses))
