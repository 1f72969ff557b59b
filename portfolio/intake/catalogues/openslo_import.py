"""Taking OpenSLO files over: services, and each target of an SLO as an objective of its service."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from portfolio.common.models import User
from portfolio.intake.catalogues.findings import Place, Weight
from portfolio.intake.catalogues.openslo import ObjectiveRead, ServiceRead, read_objectives
from portfolio.intake.catalogues.sessions import CatalogueReport, Session, run
from products.catalog.models import Product
from products.health.models import Objective, Service


def import_openslo(
    files: Iterable[tuple[str, bytes]],
    *,
    product: Product | None = None,
    by: User | None = None,
    dry_run: bool = False,
    leave_out: bool = False,
) -> CatalogueReport:
    """Take objectives over from OpenSLO files: all of them, or nothing and everything that is broken told.

    Services are known by their names, as codes; those that are new are of `product`. What a file does not say, such
    as a threshold, stays as it stands. Repeating it changes nothing.
    """
    given = list(files)

    def work(session: Session) -> None:
        found = read_objectives(given)
        session.findings += found.findings
        if any(finding.weight == Weight.UNREADABLE for finding in found.findings):
            return
        for service in found.services:
            _service(session, service, product)
        for objective in found.objectives:
            _objective(session, objective)
        if found.uncarried:
            names = ", ".join(f"{name} ({count})" for name, count in sorted(found.uncarried.items()))
            session.not_carried(Place(), "", f"No part of what is kept here: {names}.")

    source = ", ".join(name for name, _ in given) or "OpenSLO"
    return run(work, by=by, source=source, dry_run=dry_run, leave_out=leave_out)


def _service(session: Session, read: ServiceRead, product: Product | None) -> None:
    about = f"Service:{read.code}"
    if product is None and read.code not in session.described(Service):
        session.leave_out(Service)
        session.broken(
            read.place, "Product", about, "A service is of a product, and none is given for new ones. Give one.",
            "The service.",
        )  # fmt: skip
        return
    values = {"name": read.name, **({"purpose": read.description} if read.description else {})}
    session.describe(
        Service, read.code, values, place=read.place, about=about, begin_with={"product": product} if product else {}
    )


def _objective(session: Session, read: ObjectiveRead) -> None:
    about = f"SLO:{read.code}"
    services = session.described(Service)
    service = services.get(read.service)
    if service is None:
        session.leave_out(Objective)
        near = get_close_matches(read.service, list(services), n=1)
        remedy = f"Did you mean {near[0]}?" if near else "Add it, or a document of kind Service with that name."
        session.broken(
            read.service_place, "Service", about,
            f"There is no service {read.service}, here or in these files. {remedy}", "The objective.",
        )  # fmt: skip
        return
    values: dict[str, Any] = {
        "name": read.name,
        "service": service,
        "kind": read.kind,
        "target": read.target,
        "window_days": read.window_days,
        **({"threshold": read.threshold} if read.threshold is not None else {}),
        **({"source": read.source} if read.source else {}),
    }
    session.describe(Objective, read.code, values, place=read.place, about=about)
