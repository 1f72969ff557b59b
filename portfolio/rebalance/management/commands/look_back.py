"""Hold predictions against what happened, as the daily task does; on a day of one's choice, to see what it would do."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError

from portfolio.common import formats
from portfolio.common.months import add_months
from portfolio.rebalance import hindsight
from portfolio.rollup.windows import board_month


class Command(BaseCommand):
    """`manage.py look_back --on 2017-04-01`."""

    help = "Look at every prediction that is due, and whose months have figures."

    def add_arguments(self, parser):
        """Take the day to look back from."""
        parser.add_argument("--on", help="The day to look back from, such as 2017-04-01; today by default.")

    def handle(self, *args, on: str | None = None, **options):
        """Look back and say what was found."""
        day = None
        if on:
            try:
                day = date.fromisoformat(on)
            except ValueError as error:
                raise CommandError(f"{on!r} is not a date; write it like 2017-04-01.") from error
            last = board_month()
            if last is None:
                raise CommandError("There are no figures yet, so there is nothing to look back on.")
            if day > add_months(last, 1):
                raise CommandError(
                    f"The latest month with figures is {formats.month_name(last)}, so nothing is known of the days "
                    f"up to {formats.day_name(day)}. Choose a day up to {formats.day_name(add_months(last, 1))}."
                )
        done = hindsight.check_due(day)
        for row in done:
            told = hindsight.tell(row)
            self.stdout.write(f"{row.decision}, {row}: {' '.join(told.sentences)}")
        self.stdout.write(f"{len(done)} predictions looked at.")
