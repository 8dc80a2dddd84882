"""Calibrating the match percentage from the command line, on the truth of the rendered catalogue."""

import re
from collections import defaultdict
from pathlib import Path

from click.testing import CliRunner

from demo.golden import read_truth
from es_mappings.product import meta
from indexer.cli.main import main
from indexer.relevance.golden import write_golden_set
from indexer.relevance.labels import judge
from tests.conftest import Shop

_LINE = re.compile(r"^(.+), (\d+) to (\d+)%: mean (\d+)%, (\d+)% \((\d+)% to (\d+)%\); [\d,]+ pairs$", re.MULTILINE)


def test_the_command_says_how_far_percentages_hold(shop: Shop, tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    write_golden_set(golden, judge(read_truth(shop.catalogue.parent / "truth.jsonl")))
    try:
        output = CliRunner().invoke(main, ["calibrate", str(golden)], catch_exceptions=False).output
    finally:
        shop.client.indices.put_mapping(index=shop.alias, meta=meta(shop.index.space()))
    by_category = defaultdict(list)
    for category, *numbers in _LINE.findall(output):
        low, high, said, matched, least, most = map(int, numbers)
        assert low <= said <= high
        assert least <= matched <= most
        by_category[category].append(matched)
    assert {"Dresses", "Laptops", "Toys", "TVs"} <= by_category.keys()
    for shares in by_category.values():  # what is said to match more often does
        assert shares[0] < 50 < shares[-1]
