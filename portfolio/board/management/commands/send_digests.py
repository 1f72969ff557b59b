"""`manage.py send_digests`: send what waits by mail, once a day or week to each who asked for it."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portfolio.board.digests import send_digests
from portfolio.common.months import today


class Command(BaseCommand):
    """Send the digests that are due; for a site without a beat, by cron."""

    help = "Send the mail digests that are due; doing it again on the same day sends what has not gone out yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --on."""
        parser.add_argument("--on", metavar="DAY", help="the day to send for, such as 2026-09-30; today by default")

    def handle(self, *args: Any, **options: Any) -> None:
        """Send, and say how many."""
        if not settings.TWOFOLD_URL:
            raise CommandError(
                "TWOFOLD_URL is empty, so that mail could not link here. Set it to the site's address, such as "
                "https://twofold.example.org."
            )
        given = options["on"]
        try:
            on = date.fromisoformat(given) if given else today()
        except ValueError as error:
            raise CommandError(f"--on is {given!r}; it must be a day like 2026-09-30.") from error
        sent = send_digests(on)
        self.stdout.write(f"{sent} digest{'' if sent == 1 else 's'} sent for {on}.")
