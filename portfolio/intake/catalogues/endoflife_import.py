"""Taking over when support ends, as endoflife.date publishes it, and telling which components that concerns."""

from collections.abc import Iterable, Mapping
from typing import Any

from portfolio.common.formats import day_name
from portfolio.common.models import User
from portfolio.common.months import today
from portfolio.intake.catalogues.endoflife import CycleRead, read_cycles
from portfolio.intake.catalogues.findings import Weight
from portfolio.intake.catalogues.sessions import CatalogueReport, Effect, Session, Step, run
from portfolio.intake.reports import ADDED, CORRECTED
from products.health.models import Component, SupportDate

MOST_STEPS = 200  #: that are told one by one: a first load has thousands


def import_support_dates(
    files: Iterable[tuple[str, bytes]],
    *,
    product: str = "",
    by: User | None = None,
    dry_run: bool = False,
    leave_out: bool = False,
) -> CatalogueReport:
    """Take support dates over: all of them, or nothing and everything that is broken told.

    A cycle is known by its product and name; where another date is published, the one that stands is corrected and
    stays readable. A cycle that is no longer published stays as it was. Repeating it changes nothing.
    """
    given = list(files)

    def work(session: Session) -> None:
        found = read_cycles(given, product=product)
        session.findings += found.findings
        if not any(finding.weight == Weight.UNREADABLE for finding in found.findings):
            _take_over(session, found.cycles)

    source = ", ".join(name for name, _ in given) or "endoflife.date"
    return run(work, by=by, source=source, dry_run=dry_run, leave_out=leave_out)


def _take_over(session: Session, cycles: list[CycleRead]) -> None:
    standing = {(row.product, row.cycle): row for row in SupportDate.objects.known()}
    source = f"endoflife.date, read {today()}"
    corrections: list[tuple[SupportDate, Mapping[str, Any]]] = []
    additions: list[SupportDate] = []
    published = {key: (row.ends, row.is_ended) for key, row in standing.items()}
    before = dict(published)
    steps: list[Step] = []
    tally = session.tally(SupportDate)
    unchanged = 0
    for cycle in cycles:
        facts = {"ends": cycle.ends, "is_ended": cycle.is_ended, "source": source}
        key = cycle.product, cycle.cycle
        row = standing.get(key)
        published[key] = cycle.ends, cycle.is_ended
        if row is None:
            additions.append(SupportDate(product=cycle.product, cycle=cycle.cycle, **facts))
        elif (row.ends, row.is_ended) == (cycle.ends, cycle.is_ended):
            unchanged += 1
            continue
        else:
            corrections.append((row, facts))
        if len(steps) < MOST_STEPS:
            outcome = CORRECTED if row else ADDED
            steps.append(
                Step("Support date", f"{key[0]} {key[1]}: {in_words(*published[key])}", outcome, (), cycle.place)
            )
    if not session.rewrite(SupportDate, corrections, additions):
        return
    tally.added, tally.corrected, tally.unchanged = len(additions), len(corrections), unchanged
    session.steps += steps
    for component in Component.objects.exclude(eol_product="").filter(end_of_support=None).order_by("name", "pk"):
        key = component.eol_product, component.eol_cycle
        if before.get(key) != published.get(key):
            old, new = (in_words(*at[key]) if key in at else "not published" for at in (before, published))
            session.effects.append(Effect(component.name, component.code, old, new))


def in_words(ends: Any, is_ended: bool) -> str:
    """Return when support ends, in words."""
    return f"ends {day_name(ends)}" if ends else "has ended" if is_ended else "no end known"
