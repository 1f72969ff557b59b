"""Tasks of this room. Each is safe to repeat."""

from celery import shared_task

from portfolio.board import digests
from portfolio.common.months import today


@shared_task(name="board.send_digests")  # what is sent is claimed first, and not sent again
def send_digests() -> None:
    """Send today's digests to those to whom they are due."""
    digests.send_digests(today())
