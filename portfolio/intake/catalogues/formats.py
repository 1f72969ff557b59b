"""The three formats of catalogues: what each is for, which kinds of row it makes, and the import that makes them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models

from portfolio.common import access
from portfolio.common.errors import TwofoldError
from portfolio.common.models import User
from portfolio.intake.catalogues.backstage_import import import_catalogue
from portfolio.intake.catalogues.endoflife_import import import_support_dates
from portfolio.intake.catalogues.openslo_import import import_openslo
from portfolio.intake.catalogues.sessions import CatalogueReport
from portfolio.intake.cells import suggestion
from products.catalog.models import Product, ValueStream
from products.health.models import Objective, Service, SupportDate

Files = list[tuple[str, bytes]]


class UnknownFormat(TwofoldError):
    """A format that is not known."""


@dataclass(frozen=True)
class CatalogueFormat:
    """One format: its name in addresses and calls, what it is in words, and where its new rows go."""

    name: str
    label: str
    words: str
    model: type[models.Model]  #: who may add no such row has nothing to import
    load: Callable[..., CatalogueReport]
    takes_value_stream: bool = False
    takes_product: bool = False
    mapping: tuple[tuple[str, str], ...] = ()  #: what becomes of what, as the page and the documents say it

    def run(
        self,
        files: Files,
        *,
        value_stream: ValueStream | None = None,
        product: Product | None = None,
        by: User | None = None,
        dry_run: bool = False,
        leave_out: bool = False,
    ) -> CatalogueReport:
        """Take the files over, or say what that would do."""
        options = {
            **({"value_stream": value_stream} if self.takes_value_stream else {}),
            **({"product": product} if self.takes_product else {}),
        }
        return self.load(files, by=by, dry_run=dry_run, leave_out=leave_out, **options)


FORMATS = {
    of.name: of
    for of in (
        CatalogueFormat(
            "backstage",
            "Backstage catalogue",
            "Teams, products, services and components, and what they need, from YAML.",
            Service,
            import_catalogue,
            takes_value_stream=True,
            takes_product=True,
            mapping=(
                ("Group of type team", "Team. Its members and the groups above it are told and not taken."),
                ("System", "Product; a new one goes to the value stream that is chosen."),
                (
                    "Component of type service or website",
                    "Service, owned by the team of its group; without a system it goes to the product that is chosen.",
                ),
                ("Other Component, and Resource", "Component, of its type: what services are built of."),
                ("dependsOn, dependencyOf", "Dependency between services; on a component, a part of the service."),
                ("subcomponentOf", "The whole needs its part."),
                ("consumesApis", "Dependency on each service that provides the API."),
                ("API, Domain, User, Location, Template", "No rows; they are counted."),
            ),
        ),
        CatalogueFormat(
            "openslo",
            "OpenSLO objectives",
            "Service level objectives, from YAML of openslo/v1.",
            Objective,
            import_openslo,
            takes_product=True,
            mapping=(
                ("Service", "Service, known by its name as code; a new one is of the product that is chosen."),
                ("SLO", "Objective of its service; each further target becomes one more, with a code of its own."),
                ("target, targetPercent", "Target, the part that must be good."),
                (
                    "timeWindow",
                    "Window in days: 4w is 28, 1M is 30, 1Q is 90. A calendar window counts as a rolling one.",
                ),
                ("op and value", "Threshold: milliseconds of a latency, minutes of a freshness; op is lt or lte."),
                (
                    "annotations twofold/kind, twofold/unit",
                    "What it is about (availability, latency, freshness) and the unit of value (ms, s, m, h, d), where "
                    "the names do not say it.",
                ),
                ("SLI", "Taken where an SLO names it; its query is kept as the source."),
                ("DataSource, AlertPolicy, AlertCondition, AlertNotificationTarget", "No rows; they are told."),
            ),
        ),
        CatalogueFormat(
            "endoflife",
            "Support dates of endoflife.date",
            "When support for each release cycle ends, from the CSV or the JSON of endoflife.date.",
            SupportDate,
            import_support_dates,
            mapping=(
                ("product, releaseCycle, eol (CSV)", "Product, cycle, and the day from which there is no support."),
                ("cycle, eol (API v0)", "The same; the product is the name of the file, such as postgresql.json."),
                ("name, releases, isEol, eolFrom (API v1)", "The same, of one product or of products/full."),
                ("eol: true", "Support has ended, on a day that nobody published."),
                ("eol: false", "Supported, without an end that is known."),
            ),
        ),
    )
}


def format_named(name: str) -> CatalogueFormat:
    """Return a format; UnknownFormat names them all."""
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownFormat(
            f"There is no format “{name}”.{suggestion(name, list(FORMATS))} Use one of: {', '.join(FORMATS)}."
        ) from None


def formats_for(user: User) -> list[CatalogueFormat]:
    """Return the formats of which `user` may add a row somewhere."""
    return [of for of in FORMATS.values() if access.may_add(user, of.model)]
