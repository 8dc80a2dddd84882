"""What each room imports is installed where it runs."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.unit.test_architecture import ALLOWED, ROOT

WHOLE_AND_WEB = ("requirements.txt", "requirements-web.txt")
PRODUCTION = ("es_mappings", "indexer", "search", "workers", "webapp", "lookalike")
# Imported, but pinned by what brings them: their versions go together.
COMPANIONS = {
    "elastic-transport": "elasticsearch",
    "httpcore": "httpx",
    "jinja2": "flask",
    "kombu": "celery",
    "limits": "flask-limiter",
    "urllib3": "elasticsearch",
    "werkzeug": "flask",
}


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def _required(*parts: str) -> set[str]:
    lines = [line for part in parts for line in (ROOT / f"requirements{part}.txt").read_text().splitlines()]
    return {_normal(line.partition("==")[0]) for line in lines if line and not line.startswith("#")}


def _imported(package: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield path, node.module.partition(".")[0]


@pytest.mark.parametrize("package", ALLOWED)
def test_a_room_imports_only_what_is_required_for_it(package: str) -> None:
    required = (
        _required("", "-tracing") if package in PRODUCTION else _required("", "-sandbox", "-tracing", "-bench", "-dev")
    )
    distributions = packages_distributions()
    missing = set()
    for path, module in _imported(package):
        if module in ALLOWED or module in sys.stdlib_module_names:
            continue
        brought_by = {_normal(name) for name in distributions.get(module, [module])}
        if not required & {COMPANIONS.get(name, name) for name in brought_by}:
            missing.add(f"{path.relative_to(ROOT)} imports {module}")
    assert not missing


def test_every_requirement_has_one_home() -> None:
    lists = [_required(part) for part in ("", "-sandbox", "-tracing", "-bench", "-dev")]
    assert sum(map(len, lists)) == len(set().union(*lists))


def test_the_web_image_has_a_part_of_the_requirements() -> None:
    pins = [set(re.findall(r"^[\w-]+==\S+", (ROOT / name).read_text(), re.MULTILINE)) for name in WHOLE_AND_WEB]
    assert pins[1] < pins[0]
