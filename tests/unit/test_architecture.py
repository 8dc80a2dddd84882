"""The house's rules that a machine can check."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each package and what it may import of ours, besides itself.
ALLOWED = {
    "es_mappings": set(),
    "indexer": {"es_mappings"},
    "workers": {"es_mappings", "indexer"},
    "webapp": {"es_mappings", "indexer", "workers"},
    "demo": {"es_mappings", "indexer", "workers", "webapp"},
    "evaluation": {"es_mappings", "indexer", "workers", "webapp", "demo"},
}


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_go_one_way(package: str) -> None:
    forbidden = (set(ALLOWED) | {"tests"}) - ALLOWED[package] - {package}
    for path in (ROOT / package).rglob("*.py"):
        assert not _imports(path) & forbidden, path.relative_to(ROOT)


def test_indexer_knows_neither_celery_nor_flask() -> None:
    for path in (ROOT / "indexer").rglob("*.py"):
        assert not _imports(path) & {"celery", "kombu", "flask"}, path.relative_to(ROOT)


@pytest.mark.parametrize("module", ["webapp", "workers.enqueue", "indexer.cli.main", "es_mappings"])
def test_loads_no_torch(module: str) -> None:
    code = f"import {module}, sys; sys.exit('torch' in sys.modules or 'openvino' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_decoder_processes_hold_nothing_of_ours_but_what_opens_images() -> None:
    code = (
        "import indexer.images.decoding.program, sys\n"
        "ours = {name for name in sys.modules if name.partition('.')[0] in ('indexer', 'es_mappings')}\n"
        "others = {'httpx', 'pydantic', 'elasticsearch', 'redis', 'torch'} & set(sys.modules)\n"
        "sys.exit(bool(others or {n for n in ours if n != 'indexer' and not n.startswith('indexer.images.decoding')}))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("module", ["webapp", "workers.tasks", "indexer.cli.main", "demo.sandbox"])
def test_import_reads_no_environment_and_connects_to_nothing(module: str) -> None:
    # A value that no setting accepts, and servers that don't exist: an import that looked would fail.
    environment = {"BATCH_SIZE": "many", "ELASTICSEARCH_URL": "nonsense", "REDIS_URL": "nonsense", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0


def test_modules_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for package in ALLOWED
        for path in (ROOT / package).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 260
    }
    assert not long
