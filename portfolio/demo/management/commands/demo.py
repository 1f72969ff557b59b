"""`manage.py demo`: load 69 public services, with their made-up surroundings, and roll them up."""

from time import perf_counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portfolio.common.errors import TwofoldError
from portfolio.demo.actions import load_demo
from portfolio.demo.provenance import SERVICES


class Command(BaseCommand):
    """Load the demonstration; doing it again changes nothing."""

    help = "Load the demonstration: 69 UK public services, with made-up teams and platforms around them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, roll up, and say what came of it."""
        if not settings.TWOFOLD_DEMO:
            raise CommandError(
                "This site is not a demonstration. Set TWOFOLD_DEMO=1 and name an empty database in DATABASE_URL, "
                "or run `make demo`, which does both."
            )
        clock = perf_counter()
        try:
            run = load_demo(lambda text: self.stderr.write(text, lambda plain: plain))
        except TwofoldError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"The demonstration is ready: {run.months} months rolled up, {perf_counter() - clock:.0f} s in all."
        )
        self.stdout.write(f"{SERVICES.title}, {SERVICES.publisher}, {SERVICES.period}. {SERVICES.statement}")
