"""`manage.py import_catalogue FILES`: take a Backstage catalogue over, all of it or nothing."""

from pathlib import Path
from typing import Any

from portfolio.intake.catalogues.backstage_import import import_catalogue
from portfolio.intake.catalogues.console import CatalogueCommand, read_files, row_named, user_named
from portfolio.intake.catalogues.sessions import CatalogueReport
from products.catalog.models import Product, ValueStream


class Command(CatalogueCommand):
    """Takes teams, products, services and components over, and what they need."""

    help = "Take a Backstage catalogue over from YAML: all of it, or nothing and everything that is broken told."

    def add_arguments(self, parser: Any) -> None:
        """Add where new rows go."""
        super().add_arguments(parser)
        parser.add_argument("--value-stream", metavar="CODE", help="Where systems that are new become products.")
        parser.add_argument("--product", metavar="CODE", help="Where services that are new and have no system go.")

    def take(self, files: list[Path], by: str | None, **options: Any) -> CatalogueReport:
        """Import the files."""
        return import_catalogue(
            read_files(files),
            value_stream=row_named(ValueStream, options["value_stream"]),
            product=row_named(Product, options["product"]),
            by=user_named(by),
            dry_run=options["dry_run"],
            leave_out=options["leave_out_broken"],
        )
