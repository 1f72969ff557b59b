"""Tasks of this room. Each is safe to repeat."""

from celery import shared_task

from portfolio.rebalance import hindsight


@shared_task(name="rebalance.look_back", acks_late=True)  # what was looked at is not looked at again
def look_back() -> None:
    """Hold predictions whose time has come against what happened."""
    hindsight.check_due()
