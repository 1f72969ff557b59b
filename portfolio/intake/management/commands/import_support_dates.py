"""`manage.py import_support_dates FILES`: take over when support ends, as endoflife.date publishes it."""

from pathlib import Path
from typing import Any

from portfolio.intake.catalogues.console import CatalogueCommand, read_files, user_named
from portfolio.intake.catalogues.endoflife_import import import_support_dates
from portfolio.intake.catalogues.sessions import CatalogueReport


class Command(CatalogueCommand):
    """Takes support dates over, and tells which components they concern."""

    help = "Take support dates over from endoflife.date's CSV or JSON: all of them, or nothing and what is broken told."

    def add_arguments(self, parser: Any) -> None:
        """Add the product of a list that names none."""
        super().add_arguments(parser)
        parser.add_argument(
            "--name", default="", help="The product of a v0 list, where the file is not called after it."
        )

    def take(self, files: list[Path], by: str | None, **options: Any) -> CatalogueReport:
        """Import the files."""
        return import_support_dates(
            read_files(files),
            product=options["name"],
            by=user_named(by),
            dry_run=options["dry_run"],
            leave_out=options["leave_out_broken"],
        )
