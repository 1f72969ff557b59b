"""Tasks of this room. Each is safe to repeat."""

from celery import shared_task

from products.value import feedback_scores


@shared_task(name="value.score_feedback")  # a second time finds every score as it would make it
def score_feedback() -> None:
    """Make scores of what customers answered by the public forms, up to yesterday."""
    feedback_scores.score_feedback()
