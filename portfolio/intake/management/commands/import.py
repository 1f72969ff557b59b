"""`manage.py import KIND FILE`: load a CSV file, all of it or nothing."""
# ruff: noqa: N999, the module is named as the command is

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from portfolio.common.models import User
from portfolio.intake.actions import load_file
from portfolio.intake.errors import UnknownKind
from portfolio.intake.kinds import KINDS

MOST_LISTED = 1_000


class Command(BaseCommand):
    """Loads a file and says what came of it; the exit code is 1 where anything is wrong with it."""

    help = "Load a CSV file of a kind: all of it, or nothing and every bad row explained."

    def add_arguments(self, parser):
        parser.add_argument("kind", metavar="KIND", help=f"One of: {', '.join(KINDS)}.")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and change nothing.")
        parser.add_argument("--by", metavar="USERNAME", help="Load with the rights, and in the name, of this user.")

    def handle(self, *, kind, file, dry_run, by, **options):
        try:
            user = User.objects.get(username=by) if by else None
            data = file.read_bytes()
            report = load_file(kind, data, by=user, dry_run=dry_run, source=file.name)
        except User.DoesNotExist:
            raise CommandError(f"There is no user {by}. Give the name they sign in with.") from None
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except UnknownKind as error:
            raise CommandError(str(error)) from error
        for problem in report.errors[:MOST_LISTED]:
            self.stderr.write(f"{problem.place}: {problem.message}", self.style.ERROR)
        if len(report.errors) > MOST_LISTED:
            self.stderr.write(f"… and {len(report.errors) - MOST_LISTED} more.", self.style.ERROR)
        if report.errors:
            raise CommandError(f"{file.name}: {report}.")
        self.stdout.write(self.style.SUCCESS(f"{file.name}: {report}."))
