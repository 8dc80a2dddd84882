"""Reports: tables and images as one self-contained HTML file, and the tables as Markdown next to it."""

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
    """Rows of text under headings; the first column names the row, the others hold figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    kind: Literal["table"] = "table"

    def for_terminal(self, most: int = 40) -> RichTable:
        """Return the table for a terminal, with at most its first ``most`` rows."""
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
        """File name suffix, without the dot."""
        return "png" if self.data.startswith(b"\x89PNG") else "jpg"

    @property
    def address(self) -> str:
        """The picture as a data URL, so that the page needs no other file."""
        mime = {"png": "image/png", "jpg": "image/jpeg"}[self.suffix]
        return f"data:{mime};base64,{base64.b64encode(self.data).decode()}"


@dataclass
class Report:
    """A report's facts, tables and pictures, in the order in which they appear."""

    title: str
    facts: dict[str, str] = field(default_factory=dict)  # the data and the machine measured on
    parts: list[Table | Picture] = field(default_factory=list)

    def write(self, folder: Path, name: str) -> Path:
        """Write ``NAME.html``, ``NAME.md`` and a file for each picture; return the page's path."""
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
    # Product titles and file names come from catalogues and can't be trusted: everything is escaped.
    return Environment(
        loader=PackageLoader("evaluation"), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]
