"""What a check says: what it asserts, what it looked at, what it found wrong and where, and what mends it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portfolio.rollup.checks.moment import Moment

SHOWN = 20  # of the rows that are wrong; all of them are counted


@dataclass(frozen=True)
class Wrong:
    """One row, or one figure, that is not as it must be."""

    what: str
    found: str
    needed: str
    href: str = ""


@dataclass
class Finding:
    """What one look gave: how many `things` were compared, how many were wrong, and the first of those."""

    looked_at: int
    things: str
    count: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    left_out: str = ""  #: what could not be compared now, and why
    is_certain: bool = True  #: False where figures that are being worked out may be why it differs

    def add(self, wrong: Wrong, count: int = 1) -> None:
        """Count what is wrong, and keep it if it is among the first."""
        self.count += count
        if len(self.wrong) < SHOWN:
            self.wrong.append(wrong)


@dataclass(frozen=True)
class Check:
    """An assertion about all that is stored, and how to look whether it holds."""

    name: str
    asserts: str
    mend: str
    look: Callable[["Moment"], Finding]


def as_outcome(check: Check, finding: Finding, seconds: float) -> dict[str, Any]:
    """Return what a report keeps of a check; `held` is None where a difference may be on its way out."""
    held = finding.count == 0 or (False if finding.is_certain else None)
    return {
        "name": check.name,
        "asserts": check.asserts,
        "mend": check.mend,
        "held": held,
        "looked_at": finding.looked_at,
        "things": finding.things,
        "count": finding.count,
        "wrong": [asdict(one) for one in finding.wrong],
        "left_out": finding.left_out,
        "seconds": round(seconds, 3),
    }
