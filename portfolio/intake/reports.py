"""What a file or a batch came to."""

from dataclasses import dataclass, field

from portfolio.intake.errors import Problem

ADDED, UNCHANGED, CORRECTED = "added", "unchanged", "corrected"


@dataclass
class Report:
    """What a file came to: how many rows were added, unchanged and corrected (or edited), or what is wrong."""

    kind: str
    added: int = 0
    unchanged: int = 0
    corrected: int = 0
    errors: list[Problem] = field(default_factory=list)
    is_dry_run: bool = False
    outcomes: dict[int, str] = field(default_factory=dict)  #: by row number; of many rows only the first ones
    rows: int = 0  #: that were read
    error_count: int = 0  #: of which `errors` lists the first
    bad_rows: int = 0  #: rows with something wrong with them

    def __post_init__(self) -> None:
        """Count the errors that are given."""
        self.error_count = self.error_count or len(self.errors)
        self.bad_rows = self.bad_rows or len({problem.row for problem in self.errors})

    @property
    def is_applied(self) -> bool:
        """Whether the rows are in the database now."""
        return not self.is_dry_run and not self.errors

    @property
    def counts(self) -> tuple[int, int, int]:
        """Rows added, unchanged and corrected."""
        return self.added, self.unchanged, self.corrected

    def __str__(self) -> str:
        if self.errors:
            return f"{self.error_count} problems in {self.bad_rows} rows; nothing was changed"
        verb = "would be " if self.is_dry_run else ""
        return f"{self.added} {self.kind} {verb}added, {self.corrected} {verb}corrected, {self.unchanged} unchanged"
