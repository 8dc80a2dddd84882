"""Raw requests, as they are pasted into Kibana and a shell."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from search.raw_requests import RawRequest

BODIES: list[dict[str, Any]] = [
    {"query": {"match_all": {}}, "size": 12},
    {"query": {"script_score": {"script": {"source": "return\n 1;", "params": {"query": [0.25, -1e-07, 3]}}}}},
    {"query": {"match": {"title": 'it\'s "$HOME" `id` \\ [\n1, 2] JSON\nJSON\n'}}},
    {"sort": [{"_score": "desc"}, {"id": "asc"}], "_source": ["id", "title"], "search_after": [], "ids": [[1], [2]]},
]


@pytest.mark.parametrize("body", BODIES)
def test_what_is_pasted_is_what_was_sent(body: dict[str, Any], tmp_path: Path) -> None:
    raw = RawRequest("shop-1", body)
    line, _, sent = raw.for_kibana.partition("\n")
    assert (line, json.loads(sent)) == ("POST /shop-1/_search", body)
    # A shell hands the same to curl, whatever the words contain.
    (tmp_path / "curl").write_text('#!/bin/sh\nprintf "%s\\n" "$2" >&2\nexec cat\n')
    (tmp_path / "curl").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ELASTICSEARCH_URL": "http://es:9200"}
    ran = subprocess.run(["/bin/sh", "-c", raw.for_curl], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == body
    assert ran.stderr.strip() == "http://es:9200/shop-1/_search?pretty"


def test_a_vector_takes_one_line() -> None:
    text = RawRequest("shop", {"query_vector": [0.1, -2, 3e-05]}).for_kibana
    assert '"query_vector": [0.1, -2, 3e-05]' in text
