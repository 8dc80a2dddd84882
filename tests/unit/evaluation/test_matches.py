import json
from pathlib import Path

from click.testing import CliRunner

from evaluation.matches import command


def test_a_category_that_no_product_is_in_is_refused(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.jsonl"
    catalog.write_text(json.dumps({"id": "a", "title": "A", "category": ["shoes"], "images": ["a.jpg"]}))
    answer = CliRunner().invoke(command, ["--catalog", str(catalog), "--without", "Shoes"])
    assert answer.exit_code == 2
    assert "is in Shoes" in answer.output
