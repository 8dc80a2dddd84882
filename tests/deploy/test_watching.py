"""What Prometheus and Grafana are given: it parses, alerts fire on recorded series, and each metric is there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import yaml
from prometheus_client import Metric

from tests.deploy.conftest import DEPLOY, run
from workers.metrics import _GAUGES, ShopMetrics

RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = DEPLOY / "grafana" / "lookalike.json"
_NAME = re.compile(r"\blookalike[_:][a-z0-9_:]+")


def _rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def _panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def _queries() -> list[str]:
    return [target["expr"] for panel in _panels() for target in panel["targets"]]


def _names(metric: Metric) -> Iterator[str]:
    if metric.type == "histogram":
        yield from (f"{metric.name}_{part}" for part in ("bucket", "count", "sum"))
    else:
        yield f"{metric.name}_total" if metric.type == "counter" else metric.name


@pytest.fixture
def known() -> set[str]:
    """The names of all metrics."""
    index, queues = MagicMock(), MagicMock()
    index.counts.return_value = {"done": 1}
    index.client.count.return_value = {"count": 0}
    queues.counters.read.return_value = {(name, ""): 1.0 for name in _GAUGES}
    queues.stalls.read.return_value = {}
    return {name for metric in ShopMetrics(index, queues).collect() for name in _names(metric)}


def test_each_metric_that_is_named_exists(known: set[str]) -> None:
    recorded = {rule["record"] for rule in _rules() if "record" in rule}
    named = {name for text in (*(rule["expr"] for rule in _rules()), *_queries()) for name in _NAME.findall(text)}
    assert len(named) > 20
    assert named <= known | recorded


def test_alerts_fire_on_series_as_recorded_and_not_for_a_healthy_shop() -> None:
    cases = yaml.safe_load((DEPLOY / "prometheus" / "rules_test.yml").read_text())["tests"]
    fire, stay = set[str](), set[str]()
    for test in (test for case in cases for test in case["alert_rule_test"]):
        (fire if test["exp_alerts"] else stay).add(test["alertname"])
    assert fire == stay == {rule["alert"] for rule in _rules() if "alert" in rule}
    run("promtool", "test", "rules", "prometheus/rules_test.yml")
    run("promtool", "check", "config", "prometheus/prometheus.yml")


def test_the_dashboards_queries_parse(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(_queries())]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    run("promtool", "check", "rules", str(tmp_path / "panels.yml"))


def test_panels_have_places_of_their_own() -> None:
    taken = set[tuple[int, int]]()
    for panel in _panels():
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert all(x < 24 for x, _ in cells), panel["title"]
        taken |= cells
