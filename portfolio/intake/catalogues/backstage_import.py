"""Taking a Backstage catalogue over: groups become teams, systems products, components services and what they need.

| Backstage | here |
| --- | --- |
| Group of type team | team; its members and what lies above it are told, not taken |
| System | product, in the value stream that is given for those that are new |
| Component of type service or website | service of its system's product, owned by its group's team |
| any other Component, and Resource | component, of its type |
| dependsOn, dependencyOf, subcomponentOf | dependency between services, or part of a service |
| consumesApis | dependency on each service that provides the API |

What the files do not say stays as it stands: an empty description takes nothing away.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.db import models

from portfolio.common.models import User
from portfolio.intake.catalogues.backstage import (
    OWNER,
    PLACEHOLDER,
    REFERENCE,
    Catalogue,
    Entity,
    Ref,
    Reference,
    read_catalogue,
)
from portfolio.intake.catalogues.findings import Place, Weight
from portfolio.intake.catalogues.sessions import CatalogueReport, Session, run
from portfolio.network.models import Link
from products.catalog.models import Product, ValueStream
from products.health.models import Component, Dependency, Part, Service
from teams.models import Team

ROWS: dict[str, type[models.Model]] = {"team": Team, "product": Product, "service": Service, "component": Component}
MOST_NAMED = 8  #: names in one sentence


def import_catalogue(
    files: Iterable[tuple[str, bytes]],
    *,
    value_stream: ValueStream | None = None,
    product: Product | None = None,
    by: User | None = None,
    dry_run: bool = False,
    leave_out: bool = False,
) -> CatalogueReport:
    """Take a catalogue over from its files: all of it, or nothing and everything that is broken told.

    New systems become products of `value_stream`, new services without a system go to `product`. With `leave_out`
    what is sound is taken and what is broken is left out: a service whose owner is missing has none, of a name that
    stands several times the first is taken, as Backstage does. Repeating it changes nothing.
    """
    given = list(files)
    source = ", ".join(name for name, _ in given) or "a catalogue"

    def work(session: Session) -> None:
        Import(session, read_catalogue(given), value_stream, product).run()

    return run(work, by=by, source=source, dry_run=dry_run, leave_out=leave_out)


@dataclass
class Import:
    """One import: what was read, and the rows that were made of it."""

    session: Session
    catalogue: Catalogue
    value_stream: ValueStream | None
    product: Product | None
    made: dict[Ref, Any] = field(default_factory=dict)  #: the row of each entity that has one
    new_products: list[str] = field(default_factory=list)
    between: dict[tuple[Product, Product], set[str]] = field(default_factory=lambda: defaultdict(set))
    named: set[tuple[type[models.Model], int]] = field(default_factory=set)  #: agreements that the files name

    def run(self) -> None:
        """Make the rows in the order in which they refer to each other, then the agreements between them."""
        self.session.findings += self.catalogue.findings
        if any(finding.weight == Weight.UNREADABLE for finding in self.catalogue.findings):
            return  # what is in the other files may refer to what is in this one
        self.taken = self.catalogue.taken
        for entity in self.catalogue.entities:
            if entity.is_left_out and entity.becomes:
                self.session.leave_out(ROWS[entity.becomes])
        for kind in ("team", "product", "service", "component"):
            for entity in self.catalogue.entities:
                if entity.becomes == kind:
                    getattr(self, f"_{kind}")(entity)
        for entity in self.catalogue.entities:
            if entity.ref.kind == "api":
                self._api(entity)
        self._relations()
        self._tell_rest()

    # -- Rows ----------------------------------------------------------------------------------------------------------

    def _describe(self, model: type, entity: Entity, values: dict[str, Any], begin_with: dict[str, Any]) -> Any:
        if entity.is_left_out:
            return None
        values = {**values, **({"name": entity.title} if entity.title else {})}
        if entity.description and model is not Component:
            values["purpose"] = entity.description
        row = self.session.describe(
            model,
            entity.ref.code,
            values,
            place=entity.place,
            about=str(entity.ref),
            begin_with={"name": entity.ref.name, **begin_with},
        )
        if row is not None:
            self.made[entity.ref] = row
        return row

    def _team(self, entity: Entity) -> None:
        self._describe(Team, entity, {}, {})

    def _product(self, entity: Entity) -> None:
        stands = entity.ref.code in self.session.described(Product)
        if not stands and self.value_stream is None:
            self.session.leave_out(Product)
            self.session.broken(
                entity.place, "Value stream", str(entity.ref),
                "A new system becomes a product, and no value stream is given for it. Give one.", "The product.",
            )  # fmt: skip
            return
        row = self._describe(Product, entity, {}, {"value_stream": self.value_stream})
        if row is not None and not stands:
            self.new_products.append(row.name)

    def _service(self, entity: Entity) -> None:
        values = self._owner(entity)
        system = self._system(entity)
        if system is not None:
            values["product"] = system
        elif entity.ref.code not in self.session.described(Service) and self.product is None:
            if not entity.is_left_out:
                why = "its system could not be taken" if entity.system else "this one has no system"
                self.session.leave_out(Service)
                self.session.broken(
                    entity.place, "Product", str(entity.ref),
                    f"A service is of a product: {why}, and no product is given for such services. Give one.",
                    "The service.",
                )  # fmt: skip
            return
        self._describe(Service, entity, values, {"product": self.product})

    def _component(self, entity: Entity) -> None:
        if entity.system is not None:
            self._find(entity.system, entity, (Product,))
        self._describe(Component, entity, {**self._owner(entity), "kind": entity.type[:60]}, {})

    def _api(self, entity: Entity) -> None:
        """Tell what is broken in an API, of which no row is made."""
        for reference, model in ((entity.owner, Team), (entity.system, Product)):
            if reference is not None and self._row(reference.ref, (model,)) is None and reference.ref not in self.taken:
                self.session.not_carried(
                    reference.place, str(entity.ref),
                    f"{reference.field} is {reference.written}, which is neither in these files nor here.",
                    REFERENCE,
                )  # fmt: skip

    # -- References ----------------------------------------------------------------------------------------------------

    def _row(self, ref: Ref, of: tuple[type, ...]) -> Any:
        """Return the row that a reference means: of these files, or one that stands by its code."""
        if ref in self.made:
            return self.made[ref] if isinstance(self.made[ref], of) else None
        if ref in self.taken:
            return None  # it is in the files, and no row was made of it
        for model in of:
            if row := self.session.described(model).get(ref.code):
                return row
        return None

    def _find(
        self, reference: Reference, entity: Entity, of: tuple[type, ...], left_out: str = "The reference."
    ) -> Any:
        """Return the row that a reference means, or tell that it is broken."""
        row = self._row(reference.ref, of)
        if row is None and reference.ref in self.taken:
            words = f"{reference.field} is {reference.written}, and nothing was made of that which this could refer to."
            self.session.not_carried(reference.place, str(entity.ref), words)
        elif row is None:
            known = [str(one) for one in self.taken if one.kind == reference.ref.kind]
            near = get_close_matches(str(reference.ref), known, n=1, cutoff=0.85)
            remedy = f"Did you mean {near[0]}?" if near else "Add its file, or take the reference out."
            self.session.broken(
                reference.place, PLACEHOLDER if reference.is_placeholder else REFERENCE, str(entity.ref),
                f"{reference.field} is {reference.written}, which is neither in these files nor here. "
                f"{remedy}", left_out,
            )  # fmt: skip
        return row

    def _owner(self, entity: Entity) -> dict[str, Any]:
        """Return the owner as a value, if there is one that is a team; tell of one that is missing."""
        reference, about = entity.owner, str(entity.ref)
        becomes = entity.becomes
        left_out = "" if entity.is_left_out else f"The owner: the {becomes} is taken without one."
        if reference is None:
            words = "It names no owner. Write spec.owner: group:default/ and the name of its team."
            self.session.broken(entity.place, OWNER, about, words, left_out)
            return {}
        team = self._row(reference.ref, (Team,)) if reference.ref.kind == "group" else None
        if team is not None:
            return {"owner": team}
        found = self.taken.get(reference.ref)
        if found is not None and reference.ref.kind == "user":
            self.session.not_carried(
                reference.place,
                about,
                f"{reference.written} is a person, and only teams own things here. Name a group.",
            )
            return {}
        topic = OWNER
        if found is not None and found.is_carried:
            words = f"The owner {reference.written} could not be made a team; see what is said of it."
        elif found is not None:
            words = f"The owner {reference.written} is a {found.type or found.ref.kind}. Name a group of type team."
        elif reference.ref.kind != "group":
            words = (
                f"The owner {reference.written} is a {reference.ref.kind}, and in none of these files. "
                "Only teams own things here: name a group."
            )
        elif reference.is_placeholder:
            topic = PLACEHOLDER
            words = f"The owner {reference.written} is a placeholder that nobody filled in. Name the team that owns it."
        else:
            known = [one.name for one in self.taken if one.kind == "group"]
            near = get_close_matches(reference.ref.name, known, n=1, cutoff=0.85)
            remedy = f"Did you mean {near[0]}?" if near else "Add the group to the files, or name another owner."
            words = (
                f"The owner {reference.written} is in none of these files, and there is no team "
                f"{reference.ref.code} here. {remedy}"
            )
        self.session.broken(reference.place, topic, about, words, left_out)
        return {}

    def _system(self, entity: Entity) -> Product | None:
        if entity.system is None:
            return None
        where = f"it goes to {self.product}" if self.product else "the service, where it is new"
        return self._find(entity.system, entity, (Product,), f"The system: {where}.")

    # -- Relations -----------------------------------------------------------------------------------------------------

    def _relations(self) -> None:
        providers: dict[Ref, list[Entity]] = defaultdict(list)
        for entity in self.taken.values():
            for reference in entity.relations:
                if reference.field == "spec.providesApis":
                    providers[reference.ref].append(entity)
        for entity in self.catalogue.entities:
            for reference in entity.relations:
                self._relation(entity, reference, providers)

    def _relation(self, entity: Entity, reference: Reference, providers: dict[Ref, list[Entity]]) -> None:
        about = str(entity.ref)
        is_api = reference.ref.kind == "api"
        target = None if is_api else self._find(reference, entity, (Service, Component), "The relation.")
        if is_api and reference.ref not in self.taken:
            self.session.broken(
                reference.place, PLACEHOLDER if reference.is_placeholder else REFERENCE, about,
                f"{reference.field} is {reference.written}, and no API of that name is in these files. "
                "Add it, or take the reference out.", "The relation.",
            )  # fmt: skip
            return
        source = None if entity.is_left_out else self.made.get(entity.ref)
        if source is None or reference.field == "spec.providesApis":
            return
        if is_api:
            found = [self.made[one.ref] for one in providers[reference.ref] if one.ref in self.made]
            if not found:
                self.session.not_carried(
                    reference.place, about,
                    f"Nothing in these files provides {reference.written}, so that there is no service that it needs.",
                )  # fmt: skip
            for provider in found:
                self._needs(source, provider, reference, about)
        elif target is not None:
            turned = reference.field in ("spec.dependencyOf", "spec.subcomponentOf")
            self._needs(*((target, source) if turned else (source, target)), reference, about)

    def _needs(self, source: Any, target: Any, reference: Reference, about: str) -> None:
        """Record that a service needs another one, or is built of a component."""
        if not isinstance(source, Service):
            self.session.not_carried(
                reference.place, about,
                f"{reference.field}: {reference.written}. Only services have parts and needs here: what a component is "
                "itself built of is not kept.",
            )  # fmt: skip
            return
        if isinstance(target, Component):
            row = self.session.relate(Part, reference.place, about, service=source, component=target)
        elif source == target:
            self.session.not_carried(reference.place, about, f"{reference.field}: a service does not need itself.")
            return
        else:
            row = self.session.relate(Dependency, reference.place, about, service=source, needs=target)
            if source.product_id != target.product_id:
                self.between[source.product, target.product].add(f"{source} needs {target}")
        if row is not None:
            self.named.add((type(row), row.pk))

    # -- What is told at the end ---------------------------------------------------------------------------------------

    def _tell_rest(self) -> None:
        session = self.session
        if self.catalogue.uncarried:
            counts = sorted(self.catalogue.uncarried.items(), key=lambda one: (-one[1], one[0]))
            session.not_carried(
                Place(), "", f"No part of what is kept here: {_listed(f'{n} ({c})' for n, c in counts)}."
            )
        groups = [entity for entity in self.taken.values() if entity.ref.kind == "group"]
        if members := sum(entity.members for entity in groups if entity.is_carried):
            session.not_carried(
                Place(), "",
                f"{members} names of members of {sum(bool(one.members) for one in groups)} groups: they are handles, "
                "and no people are made of them. Add people and memberships under Teams.",
            )  # fmt: skip
        parents = Counter(entity.parent.ref for entity in groups if entity.parent)
        for ref, count in parents.items():
            words = "" if ref in self.taken else ", which is in none of these files"
            session.not_carried(
                Place(), "", f"{count} groups lie below {ref}{words}. Teams have no teams above them here."
            )
        apis = Counter(entity.ref.kind for entity in self.taken.values() if not entity.is_carried)
        for kind, count in sorted(apis.items()):
            words = (
                "No row is made of an API: what consumes one needs the services that provide it."
                if kind == "api"
                else "No row is made of such."
            )
            session.not_carried(Place(), "", f"{count} of kind {kind}. {words}")
        if self.new_products:
            session.next(
                f"{_listed(self.new_products)}: new products begin as explored by customers. Set their stage and kind."
            )
        ownerless = [row.name for row in self.made.values() if isinstance(row, Service) and row.owner_id is None]
        if ownerless:
            count = f"{len(ownerless)} service{' has' if len(ownerless) == 1 else 's have'}"
            session.next(f"{count} no owner: {_listed(ownerless)}. Name the team that keeps each running.")
        self._tell_links()
        self._tell_gone()

    def _tell_links(self) -> None:
        linked = set(Link.objects.known().values_list("consumer_id", "supplier_id"))
        for (consumer, supplier), needs in sorted(self.between.items(), key=lambda one: str(one[0])):
            if (consumer.pk, supplier.pk) not in linked:
                self.session.next(
                    f"{consumer} pulls from {supplier} ({_listed(sorted(needs))}), and no share is agreed. "
                    "Agree one, and add the link under Network.",
                    f"{consumer.code} from {supplier.code}",
                )

    def _tell_gone(self) -> None:
        """Tell of agreements between what the files have that they do not name: nothing ends by itself."""
        rows = {(type(row), row.pk) for row in self.made.values()}
        for model, other in ((Dependency, "needs"), (Part, "component")):
            for row in self.session.recorded(model, ("service", other)).values():
                ends = {
                    (Service, row.service_id),
                    (model._meta.get_field(other).related_model, getattr(row, f"{other}_id")),
                }
                if ends <= rows and (model, row.pk) not in self.named:
                    self.session.next(f"{row} stands here and not in these files. End it, if it has ended.", str(row))


def _listed(names: Iterable[str]) -> str:
    given = list(names)
    rest = f" and {len(given) - MOST_NAMED} more" if len(given) > MOST_NAMED else ""
    return ", ".join(given[:MOST_NAMED]) + rest
