"""The refusals of an import."""

from typing import NamedTuple

from portfolio.common.errors import TwofoldError

MOST_PROBLEMS = 1_000  #: that are listed; more are counted


class Problem(NamedTuple):
    """One thing that has to be mended before anything is loaded.

    `row` counts as a spreadsheet does: the header is row 1; 0 is the file as a whole. `column` is empty where the
    row as a whole is meant.
    """

    row: int
    column: str
    message: str
    code: str = "invalid"

    @property
    def place(self) -> str:
        """Where it is, in words."""
        if not self.row:
            return "File"
        return f"Row {self.row}, {self.column}" if self.column else f"Row {self.row}"


class BadCell(ValueError):
    """A cell that does not hold what its column needs; the message says found, needed and remedy."""


class Unreadable(TwofoldError):
    """A file whose rows cannot be told: the wrong encoding, or columns that do not fit."""

    def __init__(self, problems: list[Problem]):
        super().__init__(" ".join(f"{problem.place}: {problem.message}" for problem in problems))
        self.problems = problems


class UnknownKind(TwofoldError):
    """A kind of file that is not known."""
