"""The house's rules that a machine can check."""

import ast
import subprocess
import sys
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each package and what it may import of ours, besides itself.
ALLOWED = {
    "es_mappings": set(),
    "indexer": {"es_mappings"},
    "search": {"es_mappings", "indexer"},
    "workers": {"es_mappings", "indexer"},
    "webapp": {"es_mappings", "indexer", "search", "workers"},
    "demo": {"es_mappings", "indexer", "search", "workers", "webapp"},
    "evaluation": {"es_mappings", "indexer", "search", "workers", "webapp", "demo"},
    "lookalike": {"indexer"},  # it names the commands of the other rooms, and imports them when they run
}
# Unit tests of no module or package, and what each is about.
OF_NO_MODULE = {
    "architecture.py": "the rules of all packages",
    "requirements.py": "requirements.txt and pyproject.toml",
    "es_mappings/recipes.py": "the recipes of docs/search-team.md",
    "indexer/vectorizers/mixed_fleets.py": "workers that prepare images by other means, in one fleet",
    "webapp/malformed.py": "malformed requests to any route of the web app",
}
# The floors of packages, from the ground up: a room or module imports from lower floors alone.
FLOORS: dict[str, tuple[set[str], ...]] = {
    "indexer": (
        {"errors", "digests", "backoff", "setting_checks", "setting_files"},
        {"server_settings", "rate_limit_settings", "language_settings", "behaviour_settings"},
        {"settings", "deadlines"},
        {"catalog", "images"},
        {"vectorizers"},
        {"elastic"},
        {"activations"},
        {"relevance"},
        {"clicks", "experiments"},
        {"spaces"},
        {"attribution"},
        {"embedding"},
        {"finetuning"},
        {"rollouts"},
        {"attached"},
        {"checks"},
        {"retention", "synonyms", "sizing"},
        {"cli"},
        {"__main__"},
    ),
    "workers": (
        {"errors", "redis_address"},
        {"app"},
        {"queues"},
        {"failures", "logs", "throttle", "interactive", "tracing", "priority"},
        {"photos", "text_queries"},
        {"resources"},
        {"embedding"},
        {
            "writing",
            "housekeeping",
            "interactions",
            "scheduler",
            "sweeping",
            "health",
            "metrics",
            "enqueue",
            "orders",
            "dead_letters",
        },
        {"tasks", "diagnose"},
    ),
    "webapp": (
        {"addresses", "catalogues", "consent"},
        {"languages"},
        {"errors"},
        {"security", "budgets", "access_log", "tracing", "cross_origin", "assets"},
        {"services"},
        {"reading", "server"},
        {"storefront"},
        {"api", "staff"},
        {"workbench"},
        {"application"},
        {"translations"},
    ),
}


def _modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _imports(path: Path, modules: Collection[str] = ()) -> set[str]:
    """Return the modules that a file imports, wherever in it: also for types alone, and inside functions.

    ``from package import name`` imports the module of that name where it is one of ``modules``, else the package.
    """
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            imported |= inside & set(modules) or {node.module}
    return imported


def _packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _imports(path)}


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_go_one_way(package: str) -> None:
    forbidden = (set(ALLOWED) | {"tests"}) - ALLOWED[package] - {package}
    for name, path in _modules(package):
        assert not _packages(path) & forbidden, name


@pytest.mark.parametrize("package", FLOORS)
def test_imports_inside_a_package_go_down(package: str) -> None:
    floor = {room: height for height, rooms in enumerate(FLOORS[package]) for room in rooms}
    upwards, names = [], {name for name, _ in _modules(package)}
    for name, path in _modules(package):
        if name == package:
            continue
        own = name.split(".")[1]
        rooms = {target.split(".")[1] for target in _imports(path, names) if target.startswith(f"{package}.")}
        upwards += [f"{name} imports {room}" for room in rooms - {own} if floor[room] >= floor[own]]
    assert not upwards


def test_no_modules_import_each_other() -> None:
    modules = {name: path for package in ALLOWED for name, path in _modules(package)}
    TopologicalSorter({name: _imports(path, modules) & set(modules) for name, path in modules.items()}).prepare()


def test_indexer_and_search_know_neither_celery_nor_flask() -> None:
    for package in ("indexer", "search"):
        for name, path in _modules(package):
            assert not _packages(path) & {"celery", "kombu", "flask", "redis"}, name


def test_redis_is_imported_in_one_room() -> None:
    for package in ALLOWED:
        for name, path in _modules(package):
            if not name.startswith(("workers.queues", "demo.services")):
                assert "redis" not in _packages(path), name


@pytest.mark.parametrize("module", ["webapp", "workers.tasks", "workers.enqueue", "indexer.cli.main", "es_mappings"])
def test_starts_without_libraries_that_take_seconds(module: str) -> None:
    code = f"import {module}, sys; sys.exit(bool({{'torch', 'openvino', 'scipy', 'sklearn'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_decoder_processes_hold_nothing_of_ours_but_what_opens_images() -> None:
    code = (
        "import indexer.images.decoding.program, sys\n"
        "ours = {name for name in sys.modules if name.partition('.')[0] in ('indexer', 'es_mappings')}\n"
        "others = {'httpx', 'pydantic', 'elasticsearch', 'redis', 'torch'} & set(sys.modules)\n"
        "ours -= {'indexer', 'indexer.images'}\n"
        "sys.exit(bool(others or {name for name in ours if not name.startswith('indexer.images.decoding')}))"
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


def test_a_modules_unit_test_is_found_by_its_name() -> None:
    unit = ROOT / "tests" / "unit"
    named = {path.relative_to(unit).with_name(path.name.removeprefix("test_")) for path in unit.rglob("test_*.py")}
    homeless = {
        str(name) for name in named if not (ROOT / name).is_file() and not (ROOT / name.with_suffix("")).is_dir()
    }
    assert homeless == set(OF_NO_MODULE)
