"""``lookalike judgements``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from indexer.cli.judgements import judgements
from indexer.relevance.golden import read_judgements

_DAY = {"day": "2026-11-28"}
LINES = [
    {**_DAY, "query": "midi dress", "product_id": "a", "position": 1, "impressions": 500, "clicks": 20},
    {**_DAY, "query": "midi dress", "product_id": "b", "position": 2, "impressions": 500, "clicks": 60},
    {**_DAY, "query": "midi dress", "product_id": "b", "position": 1, "impressions": 500, "clicks": 120},
    {**_DAY, "query": "", "like": "a", "product_id": "b", "position": 1, "impressions": 500, "clicks": 30},
]


def _file(folder: Path, *lines: object) -> Path:
    file = folder / "interactions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_clicks_become_a_golden_set(tmp_path: Path) -> None:
    out = tmp_path / "golden.jsonl"
    done = CliRunner().invoke(judgements, ["from-clicks", str(_file(tmp_path, *LINES)), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert {(j.topic, j.candidate): j.grade for j in read_judgements(out)} == {
        ("q=midi dress", "b"): 2,
        ("q=midi dress", "a"): 0,
        ("a", "b"): 1,
    }
    assert "3 judgements of 2 queries and likes" in done.output
    assert "1: 1.00, 2: 0.50" in done.output


def test_wrong_lines_are_named(tmp_path: Path) -> None:
    wrong = {**LINES[0], "position": "first"}
    done = CliRunner().invoke(judgements, ["from-clicks", str(_file(tmp_path, LINES[0], wrong)), "--out", "out.jsonl"])
    assert done.exit_code == 1
    assert "line 2: position: Input should be a valid integer" in done.output


@pytest.mark.parametrize("weight", ["views:1", "clicks", "clicks:-1", "clicks:nan"])
def test_wrong_weights_are_named(tmp_path: Path, weight: str) -> None:
    file = str(_file(tmp_path, *LINES))
    done = CliRunner().invoke(judgements, ["from-clicks", file, "--out", "out.jsonl", "--weight", weight])
    assert done.exit_code == 2
    assert repr(weight) in done.output
