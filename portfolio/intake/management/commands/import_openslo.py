"""`manage.py import_openslo FILES`: take objectives over from OpenSLO, all of them or nothing."""

from pathlib import Path
from typing import Any

from portfolio.intake.catalogues.console import CatalogueCommand, read_files, row_named, user_named
from portfolio.intake.catalogues.openslo_import import import_openslo
from portfolio.intake.catalogues.sessions import CatalogueReport
from products.catalog.models import Product


class Command(CatalogueCommand):
    """Takes objectives over."""

    help = "Take service level objectives over from openslo/v1 YAML: all of them, or nothing and what is broken told."

    def add_arguments(self, parser: Any) -> None:
        """Add where new services go."""
        super().add_arguments(parser)
        parser.add_argument("--product", metavar="CODE", help="Where services that are new go.")

    def take(self, files: list[Path], by: str | None, **options: Any) -> CatalogueReport:
        """Import the files."""
        return import_openslo(
            read_files(files),
            product=row_named(Product, options["product"]),
            by=user_named(by),
            dry_run=options["dry_run"],
            leave_out=options["leave_out_broken"],
        )
