"""`manage.py celebrate`: celebrate the metrics that passed their target."""

from typing import Any

from django.core.management.base import BaseCommand

from products.value.celebrating import celebrate


class Command(BaseCommand):
    """Celebrate what passed; for a site without a beat, by cron."""

    help = (
        "Celebrate the metrics that passed their target, each with the people who were on it; doing it again adds none."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Celebrate, and say what."""
        made = celebrate()
        for one in made:
            self.stdout.write(f"{one}, on {one.observed_on}.")
        self.stdout.write(f"{len(made)} target{'' if len(made) == 1 else 's'} celebrated.")
