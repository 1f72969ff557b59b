"""Refusing allocations that break a guardrail, or break it further, without leave."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from funding.guardrails.checks import Outcome, Part, check
from funding.guardrails.reading import Books, read_books
from funding.models import Allocation, Guardrail, Waiver
from portfolio.common import formats
from portfolio.common.afterwards import check_afterwards
from portfolio.common.errors import TwofoldError
from portfolio.common.locks import hold
from portfolio.common.months import LAST_DAY

SHOWN = 5  #: products that one broken rule is told by


class Written(NamedTuple):
    """An allocation that was recorded, or retracted."""

    row: Allocation
    is_retracted: bool


class Breach(NamedTuple):
    """A guardrail that would be broken, or broken further, from a day on."""

    on: date
    outcome: Outcome
    parts: tuple[tuple[Part, float], ...]  #: what breaks it, each with the amount by which it was broken before

    @property
    def words(self) -> str:
        """What is broken, by how much, since when, and how much of that is old."""
        currency = self.outcome.currency
        said = []
        for part, before in self.parts[:SHOWN]:
            old = f" (It was broken by {formats.money(before, currency)} before.)" if before else ""
            said.append(f"{self.outcome.tell(part, is_exact=True)}{old}")
        if more := len(self.parts) - SHOWN:
            said += [f"So do {more} more products."] if more > 0 else []
        rule = self.outcome.rule
        day = formats.day_name(self.on)
        return f"{rule.name}, which {rule.owner} answers for, would be broken from {day} on: {' '.join(said)}"


class GuardrailBroken(TwofoldError):
    """A split of money breaks guardrails that no waiver lets go; the message has all of them, with the amounts."""

    def __init__(self, breaches: list[Breach]):
        self.breaches = breaches
        super().__init__(
            " ".join(breach.words for breach in breaches) + " Change the amounts, move money in the same step, or have "
            "the rule waived for a while."
        )


def keep_guardrails(row: Allocation, *, is_retracted: bool = False) -> None:
    """Have the guardrails checked once all writes of this action, or batch, are done."""
    check_afterwards(_check_written, Written(row, is_retracted))


def _check_written(written: list[Written]) -> None:
    require_kept(
        recorded=[one.row for one in written if not one.is_retracted],
        retracted=[one.row for one in written if one.is_retracted],
    )


def require_kept(*, recorded: Iterable[Allocation] = (), retracted: Iterable[Allocation] = ()) -> None:
    """Raise GuardrailBroken where these writes break a guardrail, or break it further, and no waiver lets it go.

    To be called after the writes, inside their transaction; what stood before is worked out from them. A correction is
    both: the new row was recorded and the old one retracted. What was broken already and is no worse is let be, so that
    a rule that was always broken does not stop every change. Held against all days on which the writes make a
    difference: where a rule begins later, or a waiver ends, the split must stand then, too. A dozen queries; one where
    there are no guardrails.

    Whoever writes through `portfolio.common.actions` need not call it, and groups many writes by
    `portfolio.common.afterwards.checked_together`.
    """
    recorded, retracted = list(recorded), list(retracted)
    spans = [(row.starts, row.ends or LAST_DAY) for row in (*recorded, *retracted)]
    if not spans:
        return
    first, after = min(span[0] for span in spans), max(span[1] for span in spans)
    if not Guardrail.objects.known().during(first, after).exists():
        return
    # Of two splits that each keep the rules, both together might not: the second waits for the first to commit.
    hold("the guardrails")
    days = _turning_days(spans, first, after)
    if not days:
        return
    books = read_books(days)
    before = books.before(recorded, retracted)
    if breaches := _breaches(days, books, before):
        raise GuardrailBroken(breaches)


def _turning_days(spans: list[tuple[date, date]], first: date, after: date) -> list[date]:
    """Return the days on which something that matters begins, while some of the writes hold and some rule does."""
    rules = list(Guardrail.objects.known().during(first, after).values_list("starts", "ends"))
    waivers = Waiver.objects.known().during(first, after).values_list("starts", "ends")
    paid = Allocation.objects.known().during(first, after).order_by().values_list("starts", "ends").distinct()
    turns = {day for row in (*rules, *waivers, *paid, *spans) for day in row if day is not None and day < LAST_DAY}
    spans = sorted(set(spans))
    return sorted(
        day
        for day in turns
        if any(starts <= day < ends for starts, ends in spans)
        and any(starts <= day and (ends is None or day < ends) for starts, ends in rules)
    )


def _breaches(days: list[date], books: Books, before: Books) -> list[Breach]:
    """Return each rule that is worse than before, on the first day that it is."""
    found: dict[str, Breach] = {}
    for day in days:
        now = check(books.frame(day))
        if all(outcome.is_allowed for outcome in now):
            continue
        stood = {outcome.rule.pk: outcome for outcome in check(before.frame(day))}
        for outcome in now:
            if outcome.rule.name in found or outcome.is_allowed:
                continue
            old = {part.product_id: part.broken_by for part in stood[outcome.rule.pk].parts}
            worse = tuple(
                (part, old.get(part.product_id, 0.0))
                for part in outcome.unwaived
                if part.broken_by > old.get(part.product_id, 0.0) + 0.005
            )
            if worse:
                found[outcome.rule.name] = Breach(day, outcome, worse)
    return list(found.values())
