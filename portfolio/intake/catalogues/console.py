"""What the commands that import catalogues share: their files, their options and how they tell what came of it."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError
from django.db import models

from portfolio.common.models import User
from portfolio.intake.catalogues.findings import Finding, Weight
from portfolio.intake.catalogues.sessions import CatalogueReport
from portfolio.intake.errors import MOST_PROBLEMS

Row = TypeVar("Row", bound=models.Model)


class CatalogueCommand(BaseCommand, ABC):
    """Imports files and says what came of it; the exit code is 1 where anything is broken and not left out."""

    requires_migrations_checks = False

    def add_arguments(self, parser: Any) -> None:
        """Add the options that every catalogue has."""
        parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and change nothing.")
        parser.add_argument(
            "--leave-out-broken", action="store_true", help="Take what is sound, and say what was left out."
        )
        parser.add_argument("--by", metavar="USERNAME", help="Load with the rights, and in the name, of this user.")

    @abstractmethod
    def take(self, files: list[Path], by: str | None, **options: Any) -> CatalogueReport:
        """Import the files; the commands say by which function."""

    def handle(self, *, files: list[Path], by: str | None, **options: Any) -> None:
        """Import, and print what came of it."""
        report = self.take(files, by, **options)
        for finding in report.stopping[:MOST_PROBLEMS]:
            self._tell(finding, self.style.WARNING if report.leaves_out else self.style.ERROR)
        if len(report.stopping) > MOST_PROBLEMS:
            self.stderr.write(f"… and {len(report.stopping) - MOST_PROBLEMS:,} more.")
        for tally in report.tallies:
            left_out = f", {tally.left_out:,} left out" if tally.left_out else ""
            counts = f"{tally.added:,} added, {tally.corrected:,} changed, {tally.unchanged:,} unchanged{left_out}"
            self.stdout.write(f"{tally.kind}: {counts}")
        for effect in report.effects:
            self.stdout.write(f"{effect.name}: {effect.after} (so far: {effect.before})")
        for weight, title in ((Weight.NOT_CARRIED, "Not taken over"), (Weight.NEXT, "To do next")):
            for finding in report.of_weight(weight)[:MOST_PROBLEMS]:
                where = f"{finding.place}: " if finding.place.file else ""
                self.stdout.write(f"{title}: {where}{finding.about + ': ' if finding.about else ''}{finding.message}")
        if report.is_refused:
            raise CommandError(f"{report}. Mend the files, or leave out what is broken with --leave-out-broken.")
        self.stdout.write(self.style.SUCCESS(f"{report}."))

    def _tell(self, finding: Finding, style: Any) -> None:
        about = f"{finding.about}: " if finding.about else ""
        left_out = f" Left out: {finding.left_out}" if finding.left_out else ""
        self.stderr.write(f"{finding.place}: {finding.topic}: {about}{finding.message}{left_out}", style)


def read_files(files: list[Path]) -> list[tuple[str, bytes]]:
    """Return the names and contents of files; CommandError names the one that cannot be read."""
    found = []
    for path in files:
        try:
            found.append((path.name, path.read_bytes()))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    return found


def user_named(name: str | None) -> User | None:
    """Return the user whose rights count; none is the operator."""
    if not name:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name}. Give the name they sign in with.")
    return user


def row_named(model: type[Row], code: str | None) -> Row | None:
    """Return the row with a code; CommandError where there is none."""
    if not code:
        return None
    row = model._default_manager.filter(code=code).first()
    if row is None:
        raise CommandError(f"There is no {model._meta.verbose_name} {code}. Give the code of one.")
    return row
