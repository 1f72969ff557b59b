"""Looking whether everything that is stored holds, keeping what was found, and being loud where it does not."""

import time
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.mail import mail_admins
from django.urls import reverse
from django.utils import timezone

from portfolio.rollup.checks import SAMPLE, run_checks
from portfolio.rollup.models import InvariantReport

log = structlog.get_logger(__name__)

KEPT = 400  # reports: a year of nights and some more
LATEST = "invariants:latest"
LATEST_FOR = 60  # seconds; a report that another process made is told within them


def check_figures(*, cause: str, seed: int | None = None, sample: int = SAMPLE) -> InvariantReport:
    """Look at everything that is stored, keep what was found, and raise the alarm where an invariant is violated.

    Repeating it makes another report. Without a seed the day gives it, so that each night draws another sample.
    """
    begun = time.perf_counter()
    at = timezone.now()
    seed = at.date().toordinal() if seed is None else seed
    outcomes = run_checks(seed=seed, sample=sample)
    violated = [outcome["name"] for outcome in outcomes if outcome["held"] is False]
    report = InvariantReport.objects.create(
        at=at,
        cause=cause[:200],
        seconds=time.perf_counter() - begun,
        seed=seed,
        outcomes=outcomes,
        has_held=not violated,
        violations=len(violated),
    )
    oldest = InvariantReport.objects.order_by("-pk").values_list("pk", flat=True)[KEPT : KEPT + 1]
    InvariantReport.objects.filter(pk__lte=max(oldest, default=0)).delete()
    cache.delete(LATEST)
    if violated:
        _raise_alarm(report, violated)
    else:
        log.info("invariants hold", report=report.pk, checks=len(outcomes), seconds=round(report.seconds, 3))
    return report


def _raise_alarm(report: InvariantReport, violated: list[str]) -> None:
    """Say it in the log and by mail; the pages and the metrics read the report."""
    log.error("invariants violated", report=report.pk, checks=violated, seconds=round(report.seconds, 3))
    lines = [f"Twofold looked at its figures at {report.at:%Y-%m-%d %H:%M} UTC, and {report.in_words}.", ""]
    for outcome in report.violated:
        lines += [f"- {outcome['asserts']}: {outcome['count']} wrong.", f"  {outcome['mend']}"]
        lines += [f"  {one['what']}: found {one['found']}, needed {one['needed']}." for one in outcome["wrong"][:3]]
    origin = settings.TWOFOLD_URL or next(iter(settings.CSRF_TRUSTED_ORIGINS), "")
    lines += ["", f"All of it: {origin}{reverse('rollup:report-detail', args=[report.pk])}"]
    try:
        mail_admins(f"{report.in_words}", "\n".join(lines))
    except (SMTPException, OSError):
        # The log has it already; a mail server that is down must not lose the report.
        log.exception("alarm could not be mailed", report=report.pk)


def latest_report() -> InvariantReport | None:
    """Return the newest report, without what it found row by row."""
    return InvariantReport.objects.defer("outcomes").order_by("-pk").first()


def standing_violation() -> dict | None:
    """Return `pk` and `violations` of the newest report if it found a violation: one row, kept for a minute."""
    kept = cache.get(LATEST)
    if kept is None:
        report = InvariantReport.objects.order_by("-pk").values("pk", "has_held", "violations").first()
        kept = report or {"pk": 0, "has_held": True, "violations": 0}
        cache.set(LATEST, kept, LATEST_FOR)
    return None if kept["has_held"] else kept
