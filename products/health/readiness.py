"""Whether a service is ready for production: are its requirements stated early, baselined and verified?

Plain values in, plain values out; `promise_reading` reads them. What counts is the latest look at a requirement: one
that failed, or whose evidence expired, leaves it unverified however often it passed before. What was looked at on a day
counts for that day whenever it was recorded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

SOON = timedelta(days=30)  #: evidence that expires within it is to be renewed


class State(StrEnum):
    """How a requirement stands on a day, best first."""

    VERIFIED = "verified"
    EXPIRED = "expired"
    FAILED = "failed"
    UNVERIFIED = "unverified"
    DRAFT = "draft"


#: What to do about each state, for a reader who wants the service to be ready.
REMEDIES = {
    State.EXPIRED: "Test it again and record the evidence.",
    State.FAILED: "Mend what failed, test it again and record the evidence.",
    State.UNVERIFIED: "Test it and record the evidence.",
    State.DRAFT: "Agree on it, and say on which day: until then nothing is tested against it.",
}


@dataclass(frozen=True)
class Looked:
    """That somebody looked on a day whether a requirement holds; it counts for the days [verified_on, expires_on)."""

    verified_on: date
    expires_on: date
    has_passed: bool
    pk: int = 0


@dataclass(frozen=True)
class Required:
    """A requirement with all that is known of it: when it was agreed, and every look at whether it holds."""

    pk: int
    code: str
    name: str
    kind: str
    baselined_on: date | None
    looks: Sequence[Looked] = ()

    def latest(self, on: date) -> Looked | None:
        """Return the last look on or before a day; of one day the one recorded last."""
        return max(
            (look for look in self.looks if look.verified_on <= on),
            key=lambda look: (look.verified_on, look.pk),
            default=None,
        )

    def is_baselined(self, on: date) -> bool:
        """Return whether it was agreed by the day."""
        return self.baselined_on is not None and self.baselined_on <= on

    def state(self, on: date) -> State:
        """Return how it stands on a day."""
        look = self.latest(on)
        if not self.is_baselined(on):
            return State.DRAFT
        if look is None:
            return State.UNVERIFIED
        if not look.has_passed:
            return State.FAILED
        return State.VERIFIED if on < look.expires_on else State.EXPIRED

    def verified_till(self, on: date) -> date | None:
        """Return the first day on which what holds now no longer counts; None where nothing does."""
        look = self.latest(on)
        return look.expires_on if look and self.state(on) == State.VERIFIED else None

    def is_expiring(self, on: date) -> bool:
        """Return whether it is verified for no more than 30 days from now on."""
        till = self.verified_till(on)
        return till is not None and till <= on + SOON


@dataclass(frozen=True)
class Check:
    """One kind of requirement of a service: how those there are stand; none is a gap."""

    kind: str
    label: str
    requirements: tuple[Required, ...]
    on: date
    first_deployment: date | None

    @property
    def is_stated(self) -> bool:
        """Whether there is a requirement of this kind at all."""
        return bool(self.requirements)

    @property
    def is_met(self) -> bool:
        """Whether all of them are agreed and verified."""
        return self.is_stated and all(one.state(self.on) == State.VERIFIED for one in self.requirements)

    @property
    def baselined_on(self) -> date | None:
        """The day by which all of them were agreed; None while one is a draft."""
        days = [one.baselined_on for one in self.requirements if one.is_baselined(self.on)]
        return max(day for day in days if day) if days and len(days) == len(self.requirements) else None

    @property
    def is_late(self) -> bool:
        """Whether one was agreed only after the service was first deployed."""
        agreed = self.baselined_on
        return agreed is not None and self.first_deployment is not None and agreed > self.first_deployment

    @property
    def verified_till(self) -> date | None:
        """The day from which one of them no longer counts as verified; None where one is not."""
        return min(one.verified_till(self.on) or self.on for one in self.requirements) if self.is_met else None

    @property
    def gaps(self) -> list[str]:
        """What is in the way, each with what to do about it."""
        if not self.is_stated:
            return [f"{self.label}: nobody has said what must hold. State it as something that can be tested."]
        return [
            f"{one.name}: {gap_in_words(one, self.on)} {REMEDIES[state]}"
            for one in self.requirements
            if (state := one.state(self.on)) != State.VERIFIED
        ]


@dataclass(frozen=True)
class Readiness:
    """Whether a service is ready for production on a day, kind by kind."""

    on: date
    checks: tuple[Check, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every kind is stated, agreed and verified."""
        return all(check.is_met for check in self.checks)

    @property
    def gaps(self) -> list[str]:
        """Every reason why it is not."""
        return [gap for check in self.checks for gap in check.gaps]

    @property
    def met(self) -> int:
        """How many kinds are in order."""
        return sum(check.is_met for check in self.checks)

    @property
    def late(self) -> list[Check]:
        """The kinds that were agreed only after the first deployment: no gap any more, but worth knowing."""
        return [check for check in self.checks if check.is_late]


def gap_in_words(requirement: Required, on: date) -> str:
    """Return what is wrong with a requirement on a day, as a sentence."""
    look = requirement.latest(on)
    match requirement.state(on):
        case State.DRAFT:
            return "it is a draft, agreed with nobody."
        case State.FAILED if look:
            return f"it did not hold when it was tested on {_day(look.verified_on)}."
        case State.EXPIRED if look:
            return f"its evidence of {_day(look.verified_on)} expired on {_day(look.expires_on)}."
        case State.UNVERIFIED:
            return "nobody has verified it."
    return "it is verified."


def readiness(
    requirements: Iterable[Required], kinds: Mapping[str, str], on: date, first_deployment: date | None
) -> Readiness:
    """Return how a service stands on a day. `kinds` are all that must be stated, with their labels, in order."""
    by_kind: dict[str, list[Required]] = {kind: [] for kind in kinds}
    for one in requirements:
        by_kind[one.kind].append(one)
    return Readiness(
        on,
        tuple(Check(kind, label, tuple(by_kind[kind]), on, first_deployment) for kind, label in kinds.items()),
    )


def unverified_on(requirements: Iterable[Required], on: date) -> list[Required]:
    """Return the requirements that were agreed by a day and had no valid evidence then: what a release then risked."""
    return [one for one in requirements if one.is_baselined(on) and one.state(on) != State.VERIFIED]


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
