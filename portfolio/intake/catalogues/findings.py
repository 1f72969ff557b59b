"""What was found in a catalogue's files: where it stands, what it is about, and whether it stops the import."""

from dataclasses import dataclass
from enum import StrEnum

from portfolio.common.errors import TwofoldError


class Weight(StrEnum):
    """How much a finding matters."""

    UNREADABLE = "unreadable"  #: the file as a whole cannot be taken, whatever is left out
    BROKEN = "broken"  #: nothing is changed, unless the import is told to leave out what is broken
    NOT_CARRIED = "not carried"  #: read, understood, and no part of what is kept here
    NEXT = "next"  #: what is left for somebody to do


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file, the document in it, counted from 1, and the line; 0 is all of it."""

    file: str = ""
    document: int = 0
    line: int = 0

    def __str__(self) -> str:
        parts = [
            self.file,
            f"document {self.document}" if self.document else "",
            f"line {self.line}" if self.line else "",
        ]
        return ", ".join(part for part in parts if part) or "All files"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that somebody should know: what was found, what was needed and how to mend it."""

    place: Place
    topic: str  #: what sort of thing it is, such as “Duplicate name”: findings are counted by it
    about: str  #: what it is about, such as component:default/muster; empty is the file
    message: str
    weight: Weight = Weight.BROKEN
    left_out: str = ""  #: what goes missing where the import leaves out what is broken

    @property
    def stops(self) -> bool:
        """Whether nothing is changed because of it, as long as nothing is left out."""
        return self.weight in (Weight.BROKEN, Weight.UNREADABLE)


class UnreadableFile(TwofoldError):
    """A file of which nothing can be taken; the finding says why."""

    def __init__(self, finding: Finding):
        super().__init__(f"{finding.place}: {finding.message}")
        self.finding = finding


def unreadable(message: str, *, file: str, document: int = 0, line: int = 0) -> UnreadableFile:
    """Return the refusal of a whole file."""
    return UnreadableFile(Finding(Place(file, document, line), "Unreadable file", "", message, Weight.UNREADABLE))
