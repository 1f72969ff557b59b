"""One import of a catalogue: rows saved and agreements recorded in one transaction, every refusal a finding.

All or nothing: where anything is broken, nothing changes. Told to leave out what is broken, it takes the rest, and the
report says what went missing. The same import again changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.text import capfirst

from portfolio.common import actions
from portfolio.common.afterwards import checked_together
from portfolio.common.described import Described
from portfolio.common.errors import NotAllowed, TwofoldError
from portfolio.common.locks import hold
from portfolio.common.models import User
from portfolio.common.months import today
from portfolio.common.recorded import Recorded
from portfolio.common.staleness import gathering_marks
from portfolio.intake.catalogues.findings import Finding, Place, Weight
from portfolio.intake.reports import ADDED, CORRECTED, UNCHANGED

ROLES, RULES, NEXT = "Roles", "Rules", "To do next"
LEFT_OUT = "left out"
OUTCOMES = (ADDED, CORRECTED, UNCHANGED, LEFT_OUT)


@dataclass(frozen=True)
class Step:
    """One row that is added or changed: its kind, what it is called, and the fields that change."""

    kind: str
    name: str
    outcome: str
    fields: tuple[str, ...] = ()
    place: Place = field(default_factory=Place)


@dataclass(frozen=True)
class Effect:
    """What an import changes besides the rows that it writes: such as the end of a component's support."""

    name: str
    code: str
    before: str
    after: str


@dataclass
class Tally:
    """What came of the rows of one kind."""

    kind: str
    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    left_out: int = 0


@dataclass
class CatalogueReport:
    """What an import did, or would do, by kind; and everything there is to say of the files."""

    tallies: list[Tally]
    steps: list[Step]
    findings: list[Finding]
    is_dry_run: bool
    leaves_out: bool
    effects: list[Effect] = field(default_factory=list)

    @property
    def stopping(self) -> list[Finding]:
        """What is broken: it stops the import, or is left out of it."""
        return [finding for finding in self.findings if finding.stops]

    @property
    def is_refused(self) -> bool:
        """Whether nothing is changed because of what was found."""
        return any(
            finding.weight == Weight.UNREADABLE or (finding.stops and not self.leaves_out) for finding in self.findings
        )

    @property
    def is_applied(self) -> bool:
        """Whether the rows are in the database now."""
        return not (self.is_dry_run or self.is_refused)

    @property
    def is_only_roles(self) -> bool:
        """Whether nothing but roles is in the way."""
        return self.is_refused and {finding.topic for finding in self.stopping} == {ROLES}

    @property
    def topics(self) -> dict[str, int]:
        """How many findings there are of each sort that stops, the most first."""
        return dict(Counter(finding.topic for finding in self.stopping).most_common())

    @property
    def added(self) -> int:
        """Rows that are new."""
        return sum(tally.added for tally in self.tallies)

    @property
    def corrected(self) -> int:
        """Rows that change."""
        return sum(tally.corrected for tally in self.tallies)

    @property
    def unchanged(self) -> int:
        """Rows that stand just so."""
        return sum(tally.unchanged for tally in self.tallies)

    def of_weight(self, weight: Weight) -> list[Finding]:
        """Return the findings of one weight."""
        return [finding for finding in self.findings if finding.weight == weight]

    def __str__(self) -> str:
        broken = len(self.stopping)
        if self.is_refused:
            return f"{broken} {'thing is' if broken == 1 else 'things are'} broken; nothing was changed"
        verb = "would be " if self.is_dry_run else ""
        rows = "row" if self.added == 1 else "rows"
        words = f"{self.added:,} {rows} {verb}added, {self.corrected:,} {verb}changed, {self.unchanged:,} unchanged"
        return f"{words}; {broken} broken {'thing' if broken == 1 else 'things'} left out" if broken else words


class Session:
    """The rows that one import writes, inside a transaction that `run` opens and ends."""

    def __init__(self, *, by: User | None, source: str, leaves_out: bool = False):
        self.by, self.reason, self.leaves_out = by, f"Import of {source}"[:500], leaves_out
        self.findings: list[Finding] = []
        self.steps: list[Step] = []
        self.effects: list[Effect] = []
        self.tallies: dict[str, Tally] = {}
        self._described: dict[type[models.Model], dict[str, Any]] = {}
        self._recorded: dict[type[models.Model], dict[tuple[int, ...], Any]] = {}

    # -- What is told --------------------------------------------------------------------------------------------------

    def broken(self, place: Place, topic: str, about: str, message: str, left_out: str) -> None:
        """Tell of something that stops the import, and of what goes missing where it is left out."""
        self.findings.append(Finding(place, topic, about, message, Weight.BROKEN, left_out))

    def not_carried(self, place: Place, about: str, message: str, topic: str = "Not carried") -> None:
        """Tell of something that was understood and is no part of what is kept here."""
        self.findings.append(Finding(place, topic, about, message, Weight.NOT_CARRIED))

    def next(self, message: str, about: str = "") -> None:
        """Tell of something that is left for somebody to do."""
        self.findings.append(Finding(Place(), NEXT, about, message, Weight.NEXT))

    def leave_out(self, model: type[models.Model]) -> None:
        """Count a row that is not made."""
        self.tally(model).left_out += 1

    def tally(self, model: type[models.Model]) -> Tally:
        """Return the count of one kind of row."""
        name = label(model)
        return self.tallies.setdefault(name, Tally(name))

    # -- What stands ---------------------------------------------------------------------------------------------------

    def described(self, model: type[models.Model]) -> dict[str, Any]:
        """Return the rows of a described kind by their codes, those of this import among them."""
        if model not in self._described:
            self._described[model] = {row.code: row for row in model._default_manager.all()}
        return self._described[model]

    def recorded(self, model: type[models.Model], names: tuple[str, ...]) -> dict[tuple[int, ...], Any]:
        """Return the agreements that hold or will hold, by what they are between."""
        if model not in self._recorded:
            known = model._default_manager.known().exclude(ends__lte=today())
            self._recorded[model] = {tuple(getattr(row, f"{name}_id") for name in names): row for row in known}
        return self._recorded[model]

    # -- What is written -----------------------------------------------------------------------------------------------

    def describe(
        self,
        model: type[Described],
        code: str,
        values: Mapping[str, Any],
        *,
        place: Place,
        about: str,
        begin_with: Mapping[str, Any] | None = None,
    ) -> Any:
        """Save a described row and return it; None where it is refused and does not stand.

        `values` are what the file says: of a row that stands, what differs from them is changed and nothing else. A
        new row has what is in `begin_with` besides.
        """
        row = self.described(model).get(code)
        if row is None:
            row, fields, outcome = model(code=code, **{**(begin_with or {}), **values}), (), ADDED
        else:
            fields = tuple(sorted(name for name, value in values.items() if _differs(row, name, value)))
            if not fields:
                self.tally(model).unchanged += 1
                return row
            outcome = CORRECTED
            for name in fields:
                setattr(row, name, values[name])
        if not self._attempt(model, place, about, lambda: actions.save(row, by=self.by)):
            if outcome == ADDED:
                return None
            row.refresh_from_db()
            return row
        self.described(model)[code] = row
        self._done(model, str(row), outcome, fields, place)
        return row

    def relate(self, model: type[Recorded], place: Place, about: str, **ends: Any) -> Any:
        """Record an agreement from today on, unless it stands; None where it is refused."""
        standing = self.recorded(model, tuple(ends))
        key = tuple(row.pk for row in ends.values())
        if key in standing:
            self.tally(model).unchanged += 1
            return standing[key]
        row = model(**ends, starts=today())
        if not self._attempt(model, place, about, lambda: actions.record(row, by=self.by)):
            return None
        standing[key] = row
        self._done(model, str(row), ADDED, (), place)
        return row

    def _attempt(self, model: type[models.Model], place: Place, about: str, change: Callable[[], Any]) -> bool:
        try:
            change()
        except NotAllowed as error:
            topic, messages = ROLES, [str(error)]
        except ValidationError as error:
            topic, messages = RULES, _messages(error)
        except TwofoldError as error:
            topic, messages = RULES, [str(error)]
        else:
            return True
        self.leave_out(model)
        for message in messages:
            self.broken(place, topic, about, message, f"The {model._meta.verbose_name}.")
        return False

    def rewrite(
        self, model: type[Recorded], corrections: list[tuple[Any, Mapping[str, Any]]], additions: list[Any]
    ) -> bool:
        """Correct and record many rows of a kind at once; return whether it was done."""
        if not corrections and not additions:
            return True
        return self._attempt(
            model, Place(), "",
            lambda: actions.rewrite(model, corrections, additions, reason=self.reason, by=self.by),
        )  # fmt: skip

    def _done(self, model: type[models.Model], name: str, outcome: str, fields: tuple[str, ...], place: Place) -> None:
        tally = self.tally(model)
        setattr(tally, outcome, getattr(tally, outcome) + 1)
        self.steps.append(Step(capfirst(str(model._meta.verbose_name)), name, outcome, fields, place))


def _differs(row: models.Model, name: str, value: Any) -> bool:
    """Return whether a row has another value; of a related row the key is enough, so that it is not fetched."""
    if isinstance(value, models.Model):
        return getattr(row, f"{name}_id") != value.pk
    return getattr(row, name) != value


def label(model: type[models.Model]) -> str:
    """Return the name of the rows of a kind, in the plural."""
    return capfirst(str(model._meta.verbose_name_plural))


def _messages(error: ValidationError) -> list[str]:
    if hasattr(error, "error_dict"):
        return [
            message if name == "__all__" else f"{name}: {message}"
            for name, errors in error.message_dict.items()
            for message in errors
        ]
    return error.messages


def run(
    work: Callable[[Session], None], *, by: User | None, source: str, dry_run: bool = False, leave_out: bool = False
) -> CatalogueReport:
    """Do the work of an import in one transaction and return its report; nothing stays where it is refused, or dry."""
    with transaction.atomic():
        hold("catalogue import")  # of two at once the second finds what the first has made
        session = Session(by=by, source=source, leaves_out=leave_out)

        def report() -> CatalogueReport:
            findings = sorted(session.findings)
            tallies = list(session.tallies.values())
            return CatalogueReport(tallies, session.steps, findings, dry_run, leave_out, session.effects)

        try:
            with gathering_marks(), checked_together(unless=lambda: report().is_refused):
                work(session)
        except TwofoldError as error:
            session.findings.append(Finding(Place(), RULES, "", str(error), Weight.UNREADABLE))
        found = report()
        if found.is_refused or dry_run:
            transaction.set_rollback(True)
    return found
