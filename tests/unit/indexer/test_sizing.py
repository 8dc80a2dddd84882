import re

import pytest
from click.testing import CliRunner

from indexer.cli.size import size
from indexer.sizing import GIB, Catalogue, Machines


def test_a_million_products_are_what_was_measured() -> None:
    # The index of `make bench-scale` with int8_flat, settled: 2,248,255,469 bytes.
    assert Catalogue(1_000_000).index_bytes == pytest.approx(2_248_255_469, rel=0.15)


def test_one_bit_a_dimension_takes_less_memory_and_hardly_less_disk() -> None:
    eight, one = Catalogue(10e6), Catalogue(10e6, index_type="bbq_flat")
    assert one.memory_bytes < 0.5 * eight.memory_bytes
    assert 0.8 * eight.index_bytes < one.index_bytes < eight.index_bytes


def test_needs_grow_with_products_copies_and_images() -> None:
    small, large, pictures = Catalogue(1e6), Catalogue(100e6), Catalogue(100e6, images=3)
    assert (small.shards, large.shards) == (1, 50)
    assert pictures.index_bytes > 2 * large.index_bytes
    two, three = Machines(replicas=1), Machines(replicas=2)
    assert two.nodes(large) == 4  # a core for each shard
    assert (two.nodes(small), three.nodes(small)) == (2, 3)
    assert three.disk_bytes(large) == pytest.approx(1.5 * two.disk_bytes(large))
    assert Machines(gpus=2).embedding_hours(pictures) < Machines(cores=16).embedding_hours(pictures)


def test_the_command_says_it_all() -> None:
    answer = CliRunner().invoke(size, ["--products", "50e6", "--images", "3", "--dims", "384", "--gpus", "4"])
    assert answer.exit_code == 0
    figures = dict(re.findall(r"^(.+?) {2,}([\d.,]+)", answer.output, re.MULTILINE))
    expected = Catalogue(50e6, 3)
    assert float(figures["Product index, one copy"].replace(",", "")) == round(expected.index_bytes / GIB, 1)
    assert int(figures["Primary shards"]) == expected.shards
    assert set(figures) >= {"Disk of all nodes, with room for merges", "Nodes of 64 GiB and 16 cores"}
    assert CliRunner().invoke(size, ["--products", "0"]).exit_code == 2
