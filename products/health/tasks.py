"""This room's tasks. Each is safe to repeat: a second time finds the same and keeps it in the same place."""

from celery import shared_task

from products.health import budget_actions, promise_actions


@shared_task(name="health.error_budgets", acks_late=True, ignore_result=True)
def error_budgets() -> None:
    """Keep what was left of every error budget at the end of the last days."""
    budget_actions.keep_budget_days()


@shared_task(name="health.expiring_evidence", acks_late=True, ignore_result=True)
def expiring_evidence() -> None:
    """Tell what evidence expires."""
    promise_actions.tell_expiring()
