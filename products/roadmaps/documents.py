"""An agenda and minutes as documents to send and to print: Markdown and PDF, the same bytes for the same content."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from portfolio.common.formats import day_name
from products.roadmaps.agenda import Agenda
from products.roadmaps.models import Review, Roadmap


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header."""

    header: tuple[str, ...]
    widths: tuple[int, ...]  #: parts of the page's width
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Part:
    """A heading with paragraphs, and a table."""

    title: str
    paragraphs: list[str] = field(default_factory=list)
    table: Table | None = None


@dataclass(frozen=True)
class Paper:
    """A document: its title, what stands below it, and its parts."""

    title: str
    about: list[str]
    parts: list[Part]


# -- What they say ----------------------------------------------------------------------------------------------------


def agenda_paper(roadmap: Roadmap, agenda: Agenda) -> Paper:
    """Return an agenda as a document."""
    return Paper(f"Review of {roadmap}: agenda", agenda_about(agenda), _agenda_parts(agenda))


def minutes_paper(review: Review) -> Paper:
    """Return what was said and decided in a review, and the agenda that everyone saw, as a document."""
    decisions = [
        (row["text"], row.get("who") or "—", row.get("due_on") or "—", row.get("done_on") or "—")
        for row in review.decisions
    ]
    table = Table(("Decision", "Whose", "Due", "Done"), (55, 21, 12, 12), decisions) if decisions else None
    parts = [
        Part("Present", _lines(review.present)),
        Part("Minutes", _lines(review.minutes)),
        Part("Decisions", [] if table else ["Nothing was decided."], table),
    ]
    about = [f"Held on {day_name(review.held_on)}."]
    if review.retracted_at:
        about.append(f"Corrected or retracted since: {review.reason}")
    agenda = Agenda.from_json(review.agenda)
    if agenda:
        about += agenda_about(agenda)[1:]
        parts += [Part("The agenda as it was"), *_agenda_parts(agenda)]
    return Paper(f"Review of {review.roadmap}: minutes", about, parts)


def agenda_about(agenda: Agenda) -> list[str]:
    """Return of which day an agenda is, and since when it looks."""
    about = [
        f"As of {day_name(agenda.on)}" + (f", known at {agenda.known:%Y-%m-%d %H:%M %Z}." if agenda.known else ".")
    ]
    about.append(f"The last review was on {day_name(agenda.since)}." if agenda.since else "There was no review before.")
    if agenda.baseline:
        about.append(f"The latest baseline is {agenda.baseline}.")
    return about


def _agenda_parts(agenda: Agenda) -> list[Part]:
    parts = []
    for section in agenda.sections:
        rows = [(("Urgent: " if row.is_urgent else "") + row.name, row.detail) for row in section.rows]
        table = Table(("What", "How it stands"), (36, 64), rows) if rows else None
        parts.append(Part(section.title, [] if table else [section.nothing], table))
    return parts


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()] or ["—"]


# -- Markdown ---------------------------------------------------------------------------------------------------------


def as_markdown(paper: Paper) -> str:
    """Return a document as Markdown."""
    lines = [f"# {_marked(paper.title)}", "", *(_marked(line) + "  " for line in paper.about)]
    for part in paper.parts:
        lines += ["", f"## {_marked(part.title)}"]
        for paragraph in part.paragraphs:
            lines += ["", _marked(paragraph)]
        if part.table:
            lines += ["", _row(part.table.header), _row(["---"] * len(part.table.header), is_marked=True)]
            lines += [_row(cells) for cells in part.table.rows]
    return "\n".join(lines) + "\n"


def _marked(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    for character in "\\`*_[]<>#|":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())


def _row(cells: Iterable[str], *, is_marked: bool = False) -> str:
    return "| " + " | ".join(cell if is_marked else _marked(cell) for cell in cells) + " |"


# -- PDF --------------------------------------------------------------------------------------------------------------

#: Where systems keep the fonts that know most scripts; without them those that come with reportlab are used.
FONTS = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/dejavu"), Path("/usr/share/fonts/TTF"))
_SIZE, _MARGIN = 9.5, 51
_HEADED = 90  #: points that a heading needs below it: it does not stand alone at the foot of a page


@cache
def _fonts() -> tuple[str, str, frozenset[int]]:
    """Return the names of the regular and the bold font, and the characters that both can show."""
    import reportlab
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    own = Path(reportlab.__file__).parent / "fonts"
    choices = [(folder, "DejaVuSans.ttf", "DejaVuSans-Bold.ttf") for folder in FONTS] + [
        (own, "Vera.ttf", "VeraBd.ttf")
    ]
    folder, *names = next(one for one in choices if all((one[0] / name).exists() for name in one[1:]))
    fonts = [TTFont(f"Twofold-{Path(name).stem}", str(folder / name)) for name in names]
    for font in fonts:
        pdfmetrics.registerFont(font)
    shown = frozenset.intersection(*(frozenset(font.face.charToGlyph) for font in fonts))
    return fonts[0].fontName, fonts[1].fontName, shown


class _Shown:
    """Makes text of what the fonts can show, and keeps what they cannot."""

    def __init__(self, known: frozenset[int]) -> None:
        self.known = known
        self.missing: set[str] = set()

    def __call__(self, text: str) -> str:
        words = []
        for character in " ".join(text.split()):
            if ord(character) in self.known:
                words.append(character)
            else:
                self.missing.add(character)
                words.append("?")
        return escape("".join(words))


def as_pdf(paper: Paper) -> bytes:
    """Return a document as a PDF, A4: the same bytes for the same content.

    Long text wraps, also inside a cell that is longer than a page; the header of a table stands on each of its pages.
    Characters that no font here knows are shown as question marks, and listed by their numbers at the end.
    """
    # It takes 0.3 s to import, which no other page should wait for.
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import CondPageBreak, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

    regular, bold, known = _fonts()
    shown = _Shown(known)
    body = ParagraphStyle(
        "body", fontName=regular, fontSize=_SIZE, leading=_SIZE * 1.35, spaceAfter=4, splitLongWords=1
    )
    strong = ParagraphStyle("strong", body, fontName=bold)
    title = ParagraphStyle("title", strong, fontSize=16, leading=20, spaceAfter=6)
    heading = ParagraphStyle("heading", strong, fontSize=11.5, leading=15, spaceBefore=11, spaceAfter=4)
    ruled = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, colors.grey),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
        ]
    )

    def table(rows: Table) -> Any:
        width = A4[0] - 2 * _MARGIN
        cells: list[list[Any]] = [[Paragraph(shown(cell), strong) for cell in rows.header]]
        cells += [[Paragraph(shown(cell), body) for cell in row] for row in rows.rows]
        widths = [width * part / sum(rows.widths) for part in rows.widths]
        return LongTable(cells, colWidths=widths, repeatRows=1, splitInRow=1, style=ruled, hAlign="LEFT")

    story: list[Any] = [Paragraph(shown(paper.title), title)]
    story += [Paragraph(shown(line), body) for line in paper.about]
    for part in paper.parts:
        story += [CondPageBreak(_HEADED), Paragraph(shown(part.title), heading)]
        story += [Paragraph(shown(paragraph), body) for paragraph in part.paragraphs]
        if part.table:
            story += [table(part.table), Spacer(1, 4)]
    foot = shown(paper.title)
    if shown.missing:
        numbers = ", ".join(f"U+{ord(character):04X}" for character in sorted(shown.missing))
        story.append(Paragraph(f"Shown as question marks, because no font here knows them: {numbers}.", body))

    def page(canvas: Any, document: Any) -> None:
        canvas.setFont(regular, 7.5)
        canvas.drawString(_MARGIN, 30, _cut(foot))
        canvas.drawRightString(A4[0] - _MARGIN, 30, f"Page {document.page}")

    made = BytesIO()
    SimpleDocTemplate(
        made, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=paper.title, author="Twofold", invariant=1,
    ).build(story, onFirstPage=page, onLaterPages=page)  # fmt: skip
    return made.getvalue()


def _cut(text: str, most: int = 90) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def file_name(parts: Sequence[str], ending: str) -> str:
    """Return the name of a file, made of words that are safe in a header."""
    return f"{'_'.join(parts)}.{ending}"
