"""What this room does by the clock."""

from celery import shared_task

from products.value import celebrating, feedback_scores


@shared_task(name="value.score_feedback")  # a second time finds every score as it would make it
def score_feedback() -> None:
    """Make scores of what customers answered by the public forms, up to yesterday."""
    feedback_scores.score_feedback()


@shared_task(name="value.celebrate", acks_late=True)  # a target is celebrated once, however often it is asked
def celebrate() -> None:
    """Celebrate the metrics that passed their target."""
    celebrating.celebrate()
