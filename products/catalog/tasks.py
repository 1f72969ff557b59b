"""Tasks of this room. Each is safe to repeat."""

from celery import shared_task

from products.catalog import feedback_actions


@shared_task(name="catalog.forget_senders")  # what is forgotten is not there to be forgotten again
def forget_senders() -> None:
    """Drop the hashes by which senders of feedback were told apart, once a day has passed."""
    feedback_actions.forget_senders()
