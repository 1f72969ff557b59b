"""`manage.py rollup`: bring stale figures up to date, or with --full work months out anew from all facts."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portfolio.common.months import parse_month
from portfolio.rollup import actions
from portfolio.rollup.models import Run


def _month(text: str) -> date:
    try:
        return parse_month(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


class Command(BaseCommand):
    """Roll up: what is stale, or all of it."""

    help = "Bring stale figures up to date; with --full, work months out anew from all facts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --full, --from and --to."""
        parser.add_argument("--full", action="store_true", help="every month that has facts, whether stale or not")
        parser.add_argument("--from", dest="first", type=_month, metavar="YYYY-MM", help="first month, with --full")
        parser.add_argument("--to", dest="last", type=_month, metavar="YYYY-MM", help="last month, with --full")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it and say what it did; exit with an error where a law of conservation did not hold."""
        first, last = options["first"], options["last"]
        if (first or last) and not options["full"]:
            raise CommandError("--from and --to go with --full: a refresh works off what is marked as stale.")
        if first and last and first > last:
            raise CommandError(f"--from {first:%Y-%m} is after --to {last:%Y-%m}. Swap them.")
        if options["full"]:
            run: Run | None = actions.roll_up(
                first=first, last=last, cause="manage.py rollup --full", progress=self._progress
            )
        else:
            run = actions.refresh_standings()
        if run is None:
            self.stdout.write("Nothing is stale.")
            return
        self.stdout.write(
            f"{run.months} months, {run.product_months} product-months in {run.seconds:.2f} s: {run.cause}"
        )
        for outcome in run.invariants.values():
            if not outcome["held"]:
                self.stderr.write(f"{outcome['label']}: found {outcome['found']}, needed {outcome['needed']}.")
        if run.error:
            self.stderr.write(f"Blocked: {run.error}")
        if not run.has_held:
            raise CommandError("The figures do not add up. The runs page names the months; please report it.")

    def _progress(self, done: int, months: int, month: date) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{month:%Y-%m}  {done}/{months}", ending="" if done < months else "\n")
