"""Roll-up tasks. Each is safe to repeat: the marks it claims are gone the second time."""

from celery import shared_task

from portfolio.rollup import actions, checking


@shared_task(name="rollup.refresh_standings", acks_late=True)
def refresh_standings(is_helper: bool = False) -> None:
    """Bring all stale figures up to date, or help another worker to."""
    actions.refresh_standings(is_helper=is_helper)


@shared_task(name="rollup.begin_day", acks_late=True)
def begin_day() -> None:
    """Mark what the passing of time alone changes."""
    actions.begin_day()


@shared_task(name="rollup.roll_up", acks_late=True)
def roll_up(cause: str) -> None:
    """Work every month out anew; a second time gives the same figures."""
    actions.roll_up(cause=cause)


@shared_task(name="rollup.check_figures")  # a second time makes a second report, and changes nothing else
def check_figures(cause: str = "nightly") -> None:
    """Look whether every invariant holds on everything that is stored."""
    checking.check_figures(cause=cause)
