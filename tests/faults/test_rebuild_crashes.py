"""A rebuild whose process is killed before each step while others write; the next run completes it."""

import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from indexer.rollouts.comparing import different
from indexer.rollouts.rollout import STEPS, Rollout
from indexer.rollouts.steps import Options
from indexer.settings import Settings
from tests.live.rolling import FULL, RollingShop

PRODUCTS = 2_000 if FULL else 60
EVERY = (*STEPS["rebuild"], "prune", "end")
KILLED = EVERY if FULL else ("join", "vectors", "settle")

_RUN = """
import os, signal, sys
from pathlib import Path
from indexer.elastic.client import connect
from indexer.elastic.product_index import ProductIndex
from indexer.rollouts.rollout import Rollout
from indexer.rollouts.steps import Options, Watch
from indexer.settings import Settings
from tests.live.rolling import RollingShop

settings = Settings.from_environment()
shop = RollingShop(connect(settings), settings, Path(sys.argv[2]))
shop.index = ProductIndex(shop.client, sys.argv[1])
pipeline = shop.pipeline()
die = lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == sys.argv[3] else None
Rollout(shop.index, lambda: pipeline, Options(refit=True), Watch(step=die)).rebuild()
"""


@pytest.mark.timeout(3_600 if FULL else 900)
def test_a_rebuild_killed_before_its_steps_converges(client: Elasticsearch, settings: Settings, tmp_path: Path) -> None:
    shop = RollingShop(client, settings, tmp_path)
    shop.open(PRODUCTS)
    old, number = shop.index.live(), PRODUCTS
    for step in KILLED:
        killed = subprocess.run([sys.executable, "-c", _RUN, shop.alias, str(tmp_path), step], check=False)
        assert killed.returncode == -signal.SIGKILL, step
        number += 1
        title = f"Thing {secrets.token_hex(4)}"
        shop.write(shop.upsert(number), shop.upsert(1, number, title=title), shop.delete(number - PRODUCTS + 1, number))
        shop.embed()
    pipeline = shop.pipeline()
    name = Rollout(shop.index, lambda: pipeline, Options(refit=True)).rebuild()
    products = shop.products()
    print(f"killed before {', '.join(KILLED)}: {len(products)} products, one rebuild")  # noqa: T201
    assert different(shop.index.at(old), shop.index.at(name)) == []
    assert len(products) == PRODUCTS
    assert products["p-00001"]["title"] == title
    assert shop.spaces() == {shop.index.space()}
    assert list(shop.index.versions()) == sorted([old, name])
