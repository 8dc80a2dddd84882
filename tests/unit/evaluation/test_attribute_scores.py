"""The scores of attribution and its report, without a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation import attribute_report
from evaluation.attribute_fits import fit
from evaluation.attribute_scores import Guesses, Tally, calibration_error, calibration_floor, read_truth, tally
from indexer.errors import GoldenSetError
from tests.unit.indexer.attribution.shapes import products


def guesses(confidences: list[float], right: list[bool]) -> Guesses:
    return Guesses(np.array(confidences), np.array(right), [("red", "red" if r else "blue") for r in right])


def test_the_calibration_error_is_the_gap_of_each_bin() -> None:
    assert calibration_error(guesses([0.9] * 10, [True] * 9 + [False])) == pytest.approx(0.0)
    assert calibration_error(guesses([0.9] * 10, [True] * 5 + [False] * 5)) == pytest.approx(0.4)
    mixed = guesses([0.9] * 5 + [0.5] * 5, [True] * 5 + [False] * 5)
    assert calibration_error(mixed) == pytest.approx((0.1 + 0.5) / 2)


def test_even_perfect_confidences_show_an_error_on_few_products() -> None:
    assert calibration_floor(np.full(20, 0.7)) > calibration_floor(np.full(2_000, 0.7)) > 0


def test_precision_and_recall_count_confident_predictions() -> None:
    scored = guesses([0.9, 0.8, 0.4, 0.3], [True, False, True, False])
    assert (scored.precision(0.7), scored.recall(0.7)) == (0.5, 0.25)
    assert (scored.precision(0.0), scored.recall(0.0)) == (0.5, 0.5)
    assert scored.precision(0.99) is None
    assert scored.confusion() == (["red"], [[2]])


def test_what_is_filled_in_and_flagged_is_counted_against_the_truth(tmp_path: Path) -> None:
    examples, truth = products(wrong=8, without=10)
    lines = [
        f'{{"id": "{number}", "attributes": {{"color": "{color}"}}, "visual": ["color"],'
        f' "wrong": {["color"] if 10 <= number < 18 else []}}}'.replace("'", '"')
        for number, color in enumerate(truth)
    ]
    path = tmp_path / "truth.jsonl"
    path.write_text("\n".join(lines))
    fitted = fit("Things", {str(n): e for n, e in enumerate(examples)}, {}, ("picture", "color"))
    truths = read_truth(path)
    counts = tally(list(fitted.measured), fitted.fields, fitted.findings, fitted.model, truths)
    assert counts == {
        ("color", True): Tally(
            products=150, given=140, missing=10, filled=10, filled_right=10, wrong=8, flagged=8, flagged_right=8
        )
    }
    assert fitted.coverage("color") == (140 / 150, 1.0)
    report = attribute_report.build([fitted], {"Things": counts}, "things.jsonl", ("picture", "color"))
    page = report.write(tmp_path, "attributes").read_text()
    parts = ("Against the truth", "Learnt attributes", "Reliability of the confidence", "Confusion of Things: color")
    for part in parts:
        assert part in page
    path.write_text('{"id": 1}')
    with pytest.raises(GoldenSetError, match=r"truth\.jsonl, line 1"):
        read_truth(path)
