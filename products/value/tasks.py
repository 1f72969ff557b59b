"""Tasks of this room. Each is safe to repeat."""

from celery import shared_task

from products.value import celebrating


@shared_task(name="value.celebrate", acks_late=True)  # a target is celebrated once, however often it is asked
def celebrate() -> None:
    """Celebrate the metrics that passed their target."""
    celebrating.celebrate()
