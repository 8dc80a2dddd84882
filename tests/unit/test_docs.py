"""What the documentation names is there: files, links and their sections, commands, make targets."""

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import click
import pytest

from lookalike.cli import main
from search.parameters import SearchParameters
from tests.unit.test_architecture import FLOORS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("lookalike", "es_mappings", "indexer", "search", "workers", "webapp", "evaluation", "demo", "tests", "docs")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(page for room in ROOMS for page in (ROOT / room).rglob("*.md")),
]
SUFFIXES = ("py", "md", "painless", "lua", "yml", "toml", "txt")  # of paths that begin with no room

_PATH = re.compile(rf"^(?:(?:{'|'.join(ROOMS)})/[\w./*-]*|[\w./*-]+\.(?:{'|'.join(SUFFIXES)}))$")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _prose(page: Path) -> str:
    """Return a page's text without its code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def _code(page: Path) -> Iterator[str]:
    """Return what stands in backticks: whole blocks, and words of a sentence."""
    text = page.read_text()
    yield from re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    yield from re.findall(r"`([^`\n]+)`", _prose(page))


def _exists(name: str, page: Path) -> bool:
    """Return whether a path is that of a file: from the root, from the page's folder, or of one alone in a room."""
    if "/" in name:
        return any(any(folder.glob(name.rstrip("/"))) for folder in (ROOT, page.parent))
    return (ROOT / name).exists() or any(any((ROOT / room).rglob(name)) for room in ROOMS)


def _sections(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_in_backticks_exist(page: Path) -> None:
    paths = [name for name in re.findall(r"`([^`\n]+)`", _prose(page)) if _PATH.match(name)]
    assert [name for name in paths if not _exists(name, page)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in _LINK.findall(_prose(page)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, section = link.partition("#")
        to = (page.parent / name).resolve() if name else page
        if not to.exists() or (section and section not in _sections(to)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for code in _code(page) for name in re.findall(r"\bmake ([a-z][a-z-]*)", code)}
    assert named <= targets


def _command(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words call, and the words after its name."""
    command: click.Command = main
    context = click.Context(command)
    while words and isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert found is not None, name
        command = found
    return command, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist_with_their_options(page: Path) -> None:
    for code in _code(page):
        for line in re.findall(r"\blookalike ([a-z][^\n`)]*)", code.replace("\\\n", " ")):
            command, words = _command(shlex.split(line.partition("#")[0]))
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            assert {word for word in words if word.startswith("--")} <= {*known, "--help"}, line


def test_the_api_page_lists_each_parameter_of_a_search() -> None:
    table = (ROOT / "docs" / "api.md").read_text().partition("## Parameters of a search")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(first_cells))) == set(SearchParameters.model_fields)


@pytest.mark.parametrize("package", FLOORS)
def test_the_architecture_page_lists_each_floor(package: str) -> None:
    _, _, table = (ROOT / "docs" / "architecture.md").read_text().partition(f"| Floor of `{package}` |")
    rooms: dict[int, set[str]] = {}
    for floor, cell in re.findall(r"^\| (\d+) \| (.+?) \|", table.partition("\n\n")[0], re.MULTILINE):
        rooms.setdefault(int(floor), set()).update(re.findall(rf"`{package}/(\w+)", cell))
    assert [rooms[floor] for floor in sorted(rooms)] == [names for names in FLOORS[package] if names != {"__main__"}]


def test_the_readme_stays_short_and_leads_to_each_page() -> None:
    readme = ROOT / "README.md"
    assert len(readme.read_text().splitlines()) <= 150
    linked = {link.partition("#")[0] for link in _LINK.findall(readme.read_text())}
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_examples_are_python_and_import_what_is_there() -> None:
    missing = []
    for page in PAGES:
        for block in re.findall(r"^ *```python\n(.*?)^ *```", page.read_text(), re.DOTALL | re.MULTILINE):
            compile(dedent(block), page, "exec")
            for module, names in re.findall(r"^from (\S+) import (.+)$", block, re.MULTILINE):
                if module.partition(".")[0] in ROOMS:
                    there = vars(importlib.import_module(module))
                    missing += [(page.name, module, n) for n in names.split(", ") if n not in there]
    assert not missing
