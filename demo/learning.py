"""What the sandbox learns once its products have vectors: aspect weights, the match percentage, attributes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from demo.golden import judge_within_kinds, read_truth
from demo.services.service import Say
from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError

if TYPE_CHECKING:
    from indexer.vectorizers import Vectorizers


def learn_from_truth(index: ProductIndex, truth: Path, say: Say) -> None:
    """Fit aspect weights and the match percentage on golden sets made from what is known of the rendered pictures."""
    from indexer.relevance.aspect_weights import fit_weights, keep_better
    from indexer.relevance.calibration import calibrate
    from indexer.relevance.golden import merge, write_golden_set
    from indexer.relevance.labels import judge

    judgements, golden = list(judge(read_truth(truth))), truth.with_name("golden.jsonl")
    write_golden_set(golden, judgements)
    fitted = fit_weights(index, merge(judge_within_kinds(truth)))
    for path in keep_better(index, fitted):
        say(f"Aspect weights: {path}, NDCG@10 {fitted[path].after:.3f} instead of {fitted[path].before:.3f}")
    try:
        match = calibrate(index, judgements)
    except GoldenSetError as error:  # too small a catalogue: the shop opens without calibrated percentages
        say(f"Match: not calibrated. {error}")
    else:
        say(f"Match: calibrated on {match.matches + match.others:,} judgements of {golden}")


def learn_attributes(index: ProductIndex, vectorizers: Vectorizers, say: Say) -> None:
    """Learn attributes from the images, to fill gaps and flag values that contradict an image."""
    from indexer.attribution.training import fit_attribution

    categories = list(fit_attribution(index, vectorizers.all_images))
    written = sum(category.written for category in categories)
    say(f"Attributes: learnt in {len(categories)} categories, written for {written:,} products")
