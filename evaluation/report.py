"""Reports: tables and pictures as one HTML file that needs nothing else, and the tables as Markdown beside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from rich import box
from rich.table import Table as RichTable


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; the first column is what a row is about, the others are figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    kind: Literal["table"] = "table"

    def for_terminal(self, most: int = 40) -> RichTable:
        """Return the table as a terminal shows it, no more than its first rows."""
        left_out = f"; {len(self.rows) - most} more in the report" if len(self.rows) > most else ""
        table = RichTable(
            title=self.title + left_out, title_justify="left", title_style="bold", box=box.SIMPLE, padding=(0, 1, 0, 0)
        )
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in self.rows[:most]:
            table.add_row(*row)
        return table

    def to_markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        body = "\n".join("| " + " | ".join(_cell(c) for c in line) + " |" for line in lines)
        return f"### {self.title}\n\n{body}\n" + (f"\n{self.note}\n" if self.note else "")


@dataclass(frozen=True)
class Picture:
    """A plot or a contact sheet: PNG or JPEG."""

    title: str
    data: bytes
    alt: str
    note: str = ""
    kind: Literal["picture"] = "picture"

    @property
    def suffix(self) -> str:
        """Of the file that it would be."""
        return "png" if self.data.startswith(b"\x89PNG") else "jpg"

    @property
    def address(self) -> str:
        """The picture itself as an address, so that the page needs no other file."""
        mime = {"png": "image/png", "jpg": "image/jpeg"}[self.suffix]
        return f"data:{mime};base64,{base64.b64encode(self.data).decode()}"


@dataclass
class Report:
    """What was measured, in the order in which it is shown."""

    title: str
    facts: dict[str, str] = field(default_factory=dict)  # what it was measured on
    parts: list[Table | Picture] = field(default_factory=list)

    def write(self, folder: Path, name: str) -> Path:
        """Write ``NAME.html``, ``NAME.md`` and each picture by itself; give where the page is."""
        folder.mkdir(parents=True, exist_ok=True)
        written = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        page = folder / f"{name}.html"
        page.write_text(_environment().get_template("report.html").render(report=self, written=written), "utf-8")
        facts = "\n".join(f"- {what}: {fact}" for what, fact in self.facts.items())
        tables = "\n".join(part.to_markdown() for part in self.parts if isinstance(part, Table))
        (folder / f"{name}.md").write_text(f"# {self.title}\n\n{facts}\n\n{tables}", "utf-8")
        for part in self.parts:
            if isinstance(part, Picture):
                (folder / f"{name}-{_slug(part.title)}.{part.suffix}").write_bytes(part.data)
        return page


def _environment() -> Environment:
    # Titles of products and names of files are whatever a catalogue says: everything is escaped.
    return Environment(
        loader=PackageLoader("evaluation"), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]
