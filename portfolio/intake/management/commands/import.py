"""`manage.py import KIND FILE`: load a CSV file, all of it or nothing."""
# ruff: noqa: N999, the module is named as the command is

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from portfolio.common.models import User
from portfolio.intake.actions import load_file
from portfolio.intake.errors import MOST_PROBLEMS, UnknownKind
from portfolio.intake.kinds import KINDS, kind_named

MOST_LISTED = MOST_PROBLEMS
WIDTH = 40  #: of the bar


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
            kind_named(kind)
            with file.open("rb") as data, self.progress(file.stat().st_size) as on_bytes:
                report = load_file(kind, data, by=user, dry_run=dry_run, source=file.name, on_bytes=on_bytes)
        except User.DoesNotExist:
            raise CommandError(f"There is no user {by}. Give the name they sign in with.") from None
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except UnknownKind as error:
            raise CommandError(str(error)) from error
        for problem in report.errors[:MOST_LISTED]:
            self.stderr.write(f"{problem.place}: {problem.message}", self.style.ERROR)
        if report.error_count > MOST_LISTED:
            self.stderr.write(f"… and {report.error_count - MOST_LISTED:,} more.", self.style.ERROR)
        if report.errors:
            raise CommandError(f"{file.name}: {report}.")
        self.stdout.write(self.style.SUCCESS(f"{file.name}: {report}."))

    @contextmanager
    def progress(self, size: int) -> Iterator[Callable[[int], None] | None]:
        """Yield what is told of the bytes that were read, to draw a bar of them; nothing where nobody watches."""
        if not self.stderr.isatty() or not size:
            yield None
            return
        read, shown = 0, -1

        def on_bytes(count: int) -> None:
            nonlocal read, shown
            read += count
            done = min(100, 100 * read // size)
            if done != shown:
                shown = done
                words = "checking and writing" if done == 100 else "reading"
                bar = "#" * (done * WIDTH // 100)
                self.stderr.write(f"\r{bar:-<{WIDTH}} {done:3}% {words:<20}", ending="")

        try:
            yield on_bytes
        finally:
            self.stderr.write(f"\r{' ' * (WIDTH + 26)}\r", ending="")
