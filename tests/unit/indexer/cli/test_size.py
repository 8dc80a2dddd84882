"""What a catalogue needs, asked for as people write numbers."""

import pytest
from click.testing import CliRunner

from indexer.cli.size import size


@pytest.mark.parametrize("given", [["1000000"], ["1,000,000"], ["1e6"], ["--products", "1_000_000"]])
def test_a_million_products_are_a_million_however_they_are_written(given: list[str]) -> None:
    result = CliRunner().invoke(size, given)
    assert result.exit_code == 0, result.output
    assert "2.1 GiB" in result.output


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "Write the number of products once, such as: lookalike size 1000000"),
        (["5", "--products", "6"], "Write the number of products once"),
        (["many"], "'many' is no number of products; write one such as 1000000 or 50e6"),
        (["0"], "'0' is no number of products"),
        (["nan"], "'nan' is no number of products"),
        (["inf"], "'inf' is no number of products"),
    ],
)
def test_what_is_no_number_of_products_is_told_what_to_write(given: list[str], message: str) -> None:
    result = CliRunner().invoke(size, given)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
