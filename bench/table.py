"""The table of results: rows with their yardstick and goal, printed and written into docs/performance.md."""

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
HEAD = ("what", "size", "measured", "yardstick in the same run", "ratio", "goal", "met")


@dataclass(frozen=True)
class Row:
    """One line: what was measured at one size, against a yardstick measured in the same run.

    `is_met` is None where the goal is not for this size; `reference` is a figure from elsewhere to print beside.
    """

    what: str
    size: str
    measured: str
    yardstick: str = ""
    ratio: str = ""
    goal: str = ""
    is_met: bool | None = None
    reference: str = ""
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """The text of each column."""
        met = "" if self.is_met is None else "yes" if self.is_met else "**no**"
        goal = f"{self.goal} ({self.reference})" if self.reference else self.goal
        return self.what, self.size, self.measured, self.yardstick, self.ratio, goal, met


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it: 0.35 ms, 41 ms, 1.27 s."""
    if seconds < 0.01:
        return f"{seconds * 1e3:.2f} ms"
    return f"{seconds * 1e3:,.0f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def times(ratio: float) -> str:
    """Return a ratio with three digits that count: 0.042, 1.31, 27.5, 1,240."""
    if ratio >= 100:
        return f"{ratio:,.0f} x"
    return f"{ratio:.1f} x" if ratio >= 10 else f"{ratio:.2f} x" if ratio >= 0.1 else f"{ratio:.3f} x"


def percentile(values: Sequence[float], part: float) -> float:
    """Return the smallest value that at least `part` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


def machine(postgres: str) -> str:
    """Describe where this ran: cores, memory, versions, load."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = " ".join(f"{part:.1f}" for part in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, Python {platform.python_version()}, {postgres}, "
        f"load average {load} at the end"
    )


def plain(rows: Sequence[Row]) -> str:
    """Return the rows as aligned text for a terminal."""
    lines = [HEAD, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def notes(rows: Sequence[Row]) -> list[str]:
    """Return what the rows add in words, each once, in their order."""
    return list(dict.fromkeys(note for row in rows for note in row.notes))


def markdown(rows: Sequence[Row], heading: str) -> str:
    """Return the rows as a table in Markdown, with how they were made above and their notes below."""
    table = [f"| {' | '.join(HEAD)} |", "| --- | --- | ---: | ---: | ---: | --- | --- |"]
    table += [f"| {' | '.join(row.cells)} |" for row in rows]
    return "\n".join([heading, "", *table, "", *(f"- {note}" for note in notes(rows))])


def heading(command: str, seconds: float, postgres: str) -> str:
    """Return the line above the table: when, where, how, and how long it took."""
    day = datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"`{command}`, {day}, {seconds / 60:.0f} minutes: {machine(postgres)}."


def write(text: str, document: Path = DOCUMENT) -> None:
    """Put the table between the document's markers; what stands outside them stays."""
    before, begin, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{document} needs the lines {BEGIN} and {END}, between which the table goes.")
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
