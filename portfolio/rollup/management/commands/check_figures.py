"""`manage.py check_figures`: look whether everything that is stored holds; exit code 1 where it does not."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portfolio.rollup.checking import check_figures
from portfolio.rollup.checks import SAMPLE


class Command(BaseCommand):
    """Check the invariants on everything that is stored."""

    help = "Check every invariant on everything that is stored; exits with 1 where one is violated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --seed and --sample."""
        parser.add_argument("--seed", type=int, help="draw the sample of an earlier report again")
        parser.add_argument("--sample", type=int, default=SAMPLE, help="how many product-months to read anew")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, keep the report, and say what was found."""
        if options["sample"] < 0:
            raise CommandError(f"--sample is {options['sample']}; it is a number of product-months, 0 or more.")
        report = check_figures(
            cause="asked for by manage.py check_figures", seed=options["seed"], sample=options["sample"]
        )
        for outcome in report.outcomes:
            word = {True: "holds", False: "VIOLATED", None: "unsettled"}[outcome["held"]]
            looked = f"{outcome['looked_at']:,} {outcome['things']}"
            self.stdout.write(f"{word:9} {outcome['seconds']:7.3f} s  {outcome['asserts']} ({looked})")
            for wrong in outcome["wrong"]:
                self.stderr.write(f"          {wrong['what']}: found {wrong['found']}, needed {wrong['needed']}.")
            if outcome["held"] is False:
                self.stderr.write(f"          {outcome['count']} in all. {outcome['mend']}")
            if outcome["left_out"]:
                self.stdout.write(f"          Left out: {outcome['left_out']}")
        self.stdout.write(f"Report {report.pk}: {report.in_words}; {report.seconds:.2f} s, seed {report.seed}.")
        if not report.has_held:
            raise CommandError(f"{report.in_words[0].upper()}{report.in_words[1:]}: see the invariants page.")
