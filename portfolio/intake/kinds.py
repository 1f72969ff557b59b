"""The kinds of CSV file: their columns, how a row becomes a row in the database, and what tells it from others.

Columns carry the names of the model's fields; import, export and the demonstration's data use the same ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.text import capfirst

import funding.exports
import portfolio.network.exports
import portfolio.rebalance.exports
import products.catalog.exports
import products.health.exports
import products.roadmaps.exports
import products.value.exports
import teams.exports
from funding.models import (
    Allocation,
    CarryForward,
    Commitment,
    ExchangeRate,
    FundingStream,
    Guardrail,
    LedgerEntry,
    Transfer,
    Waiver,
)
from portfolio.common.models import User
from portfolio.common.money import base_currency
from portfolio.common.recorded import Recorded
from portfolio.intake import cells
from portfolio.intake.errors import UnknownKind
from portfolio.network.models import Link, Usage
from portfolio.rebalance.models import Elasticity
from products.catalog.models import Assignment, Insight, Product, Segment, Theme, ValueStream
from products.health.models import (
    Component,
    DeliveryEvent,
    Dependency,
    Drill,
    Evidence,
    FailureMode,
    Impact,
    Incident,
    Journey,
    Measurement,
    Objective,
    OnCall,
    Part,
    Passage,
    Process,
    Requirement,
    Service,
    Step,
    SupportDate,
)
from products.roadmaps.models import Item
from products.value.models import Exposure, Metric, Observation, Score, SharedOutcome, Valuation
from teams.models import Absence, Discipline, Membership, Person, Rate, Team

ILLUSTRATIVE = "illustrative"
EXPORTS = (
    *teams.exports.EXPORTS,
    *products.catalog.exports.EXPORTS,
    *products.value.exports.EXPORTS,
    *products.roadmaps.exports.EXPORTS,
    *products.health.exports.EXPORTS,
    *funding.exports.EXPORTS,
    *portfolio.network.exports.EXPORTS,
    *portfolio.rebalance.exports.EXPORTS,
)


@dataclass(frozen=True)
class Column:
    """One column: its name in the file, the model's field it fills, and an example of a cell."""

    name: str
    field: models.Field
    example: str
    is_key: bool
    is_month: bool = False
    is_list: bool = False  #: of codes, with a space between them

    @property
    def is_needed(self) -> bool:
        """Whether no cell may be empty."""
        return not (self.field.blank or self.field.null or self.field.has_default())

    @property
    def is_in_header(self) -> bool:
        """Whether the file must have this column: what a row needs, and what tells it from others."""
        return self.is_needed or self.is_key

    @property
    def can_be_emptied(self) -> bool:
        """Whether an empty cell is a value, so that it takes away what stands."""
        return self.field.null or self.field.blank

    @property
    def refers_to(self) -> type[models.Model] | None:
        """The model whose codes stand in this column, if any; of accounts their names."""
        return self.field.related_model if self.field.is_relation else None

    @property
    def code_field(self) -> str:
        """The field of that model by which its rows are told."""
        return "username" if self.refers_to is User else "code"

    @cached_property
    def read(self) -> Callable[[str], Any]:
        """The function that turns a cell into a value."""
        read = cells.reader(self.field, is_month=self.is_month)
        return (lambda text: read(text).split()) if self.is_list else read

    @property
    def note(self) -> str:
        """What goes into a cell, in words."""
        field = self.field
        if self.is_list:
            words = "Codes, with a space between them"
        elif self.refers_to is User:
            words = "Name of an account"
        elif self.refers_to:
            words = f"Code of a {self.refers_to._meta.verbose_name}"
        elif self.is_month:
            words = "Month, such as 2017-03"
        elif isinstance(field, models.DateTimeField):
            words = "Moment with its zone, such as 2017-03-31T17:00Z"
        elif isinstance(field, models.DateField):
            words = "Date, such as 2017-03-31"
        elif isinstance(field, models.BooleanField):
            words = "yes or no"
        elif field.choices:
            words = f"One of {', '.join(str(value) for value, _ in field.flatchoices)}"
        elif isinstance(field, models.DecimalField):
            words = f"Number, at most {field.decimal_places} decimals"
        elif isinstance(field, models.IntegerField):
            words = "Whole number"
        else:
            words = "Text"
        return f"{words}. {field.help_text}" if field.help_text else f"{words}."


@dataclass(frozen=True)
class Kind:
    """One kind of file: what its rows become, its columns, and the natural key by which a row is known again."""

    name: str
    model: type[models.Model]
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def label(self) -> str:
        """The rows' name, in the plural."""
        return capfirst(str(self.model._meta.verbose_name_plural))

    @property
    def is_described(self) -> bool:
        """Whether rows are edited in place, by code; else they are recorded and corrected."""
        return not issubclass(self.model, Recorded)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def column_of_field(self) -> dict[str, str]:
        """The column that fills each field: where an error of the model belongs."""
        return {column.field.name: column.name for column in self.columns}

    @cached_property
    def passed_over(self) -> frozenset[str]:
        """The columns that an exported file has besides: they tell a reader more, and nothing is read from them."""
        return next(export.further for export in EXPORTS if export.model is self.model)

    def standing(self) -> models.QuerySet:
        """Return the rows that a file's rows may equal or correct."""
        if self.is_described:
            return self.model.objects.all()
        known = self.model.objects.known()
        return known.filter(base=base_currency()) if self.model is ExchangeRate else known


#: What is no field of its model's table, and is read from a column all the same.
LISTS = {(Item, "needs"): "The items it waits for, in this file or on any roadmap."}


def _field(model: type[models.Model], column: str) -> models.Field:
    if (model, column) not in LISTS:
        return model._meta.get_field(column)
    field: models.Field = models.TextField(blank=True, help_text=LISTS[model, column])
    field.set_attributes_from_name(column)
    return field


def _kind(name: str, model: type[models.Model], key: str, /, **examples: str) -> Kind:
    keys = tuple(key.split())
    columns = [
        Column(
            name=column,
            field=_field(model, column),
            example=example,
            is_key=column in keys,
            is_month=column == "month",
            is_list=(model, column) in LISTS,
        )
        for column, example in examples.items()
    ]
    illustrative = model._meta.get_field("is_illustrative")
    return Kind(name, model, keys, (*columns, Column(ILLUSTRATIVE, illustrative, "no", is_key=False)))


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind(
            "value-streams", ValueStream, "code", code="driving", name="Driving", parent="", purpose="Keep people safe."
        ),
        _kind(
            "products", Product, "code", code="vehicle-tax", name="Vehicle tax", value_stream="driving",
            stage="sustain", kind="customer", purpose="Tax a vehicle in a few minutes.", usage_unit="",
        ),
        _kind(
            "segments", Segment, "code", code="private-keepers", product="vehicle-tax", name="Private keepers",
            size="31000000", size_basis="Registrations, end of 2016",
        ),
        _kind(
            "themes", Theme, "code", code="reference-number", product="vehicle-tax", name="The reference number",
            summary="Keepers cannot find the number that they are asked for.",
        ),
        _kind(
            "insights", Insight, "product said_on source text", product="vehicle-tax", segment="private-keepers",
            said_on="2017-03-14", kind="interview", text="I could not find the reference number.", source="Study 12",
            theme="reference-number", said_by="3", team="tax-online", metric="vehicle-tax-online", journey="", item="",
        ),
        _kind("disciplines", Discipline, "code", code="engineering", name="Engineering"),
        _kind("people", Person, "code", code="ada-obi", name="Ada Obi"),
        _kind("teams", Team, "code", code="tax-online", name="Tax online", purpose="Makes taxing a vehicle easy."),
        _kind(
            "memberships", Membership, "person team discipline starts", person="ada-obi", team="tax-online",
            discipline="engineering", fte="0.80", starts="2016-04-01", ends="", is_embedded="no",
        ),
        _kind(
            "absences", Absence, "person kind starts", person="ada-obi", kind="away", share="1", starts="2017-04-10",
            ends="2017-04-18",
        ),
        _kind(
            "rates", Rate, "discipline starts", discipline="engineering", monthly_amount="8200.00", currency="GBP",
            starts="2016-04-01", ends="",
        ),
        _kind(
            "assignments", Assignment, "team product starts", team="tax-online", product="vehicle-tax", share="0.75",
            starts="2016-04-01", ends="",
        ),
        _kind(
            "metrics", Metric, "code", code="vehicle-tax-online", product="vehicle-tax", name="Taxed online",
            behaviour="flow", unit="transactions", cadence_days="31", is_higher_better="yes", target="",
            felt_by="customer", unvalued_reason="", asks="",
        ),
        _kind(
            "shared-outcomes", SharedOutcome, "team metric starts", team="tax-online", metric="vehicle-tax-online",
            starts="2016-04-01", ends="",
        ),
        _kind(
            "valuations", Valuation, "metric starts", metric="vehicle-tax-online", low="2.10", high="4.80",
            currency="GBP", baseline="", evidence="estimated", asserted_by="Head of digital",
            source="Channel cost study, 2012", starts="2016-04-01", ends="",
        ),
        _kind(
            "observations", Observation, "metric starts", metric="vehicle-tax-online", starts="2017-03-01",
            ends="2017-04-01", value="2450000", source="Service statistics",
        ),
        _kind(
            "scores", Score, "metric starts", metric="vehicle-tax-score", starts="2017-03-01", ends="2017-04-01",
            answers="412", mean="4.21", deviation="0.94", completed="", source="Exit survey, March 2017",
        ),
        _kind(
            "roadmap-items", Item, "code", code="renew-by-phone", roadmap="vehicle-tax", product="vehicle-tax",
            name="Renew by phone", description="Nobody has to wait for the post.", kind="outcome", horizon="next",
            starts="2017-04-01", ends="", metric="vehicle-tax-online", metric_from="2450000", metric_low="2500000",
            metric_high="2600000", by_when="2017-12-31", exception="", effort_low="4", effort_high="9.5",
            team="tax-online", business_champion="partner", technology_champion="owner", needs="", state="planned",
        ),
        _kind(
            "processes", Process, "code", code="taxing-a-vehicle", name="Taxing a vehicle", value_stream="driving",
            purpose="Every vehicle on the road is taxed.",
        ),
        _kind(
            "services", Service, "code", code="tax-online", name="Tax online", product="vehicle-tax",
            owner="tax-online", process="taxing-a-vehicle", purpose="Tax a vehicle in a few minutes.",
            usual_hourly="3500", peak_hourly="21000", is_retired="no",
        ),
        _kind(
            "components", Component, "code", code="tax-database", name="Tax database", kind="database",
            owner="tax-online", version="9.6.2", eol_product="postgresql", eol_cycle="9.6", end_of_support="",
            renewal_low="40000.00", renewal_high="110000.00", currency="GBP", item="",
        ),
        _kind(
            "parts", Part, "service component starts", service="tax-online", component="tax-database",
            starts="2016-04-01", ends="",
        ),
        _kind(
            "service-dependencies", Dependency, "service needs starts", service="tax-online", needs="card-payments",
            starts="2016-04-01", ends="",
        ),
        _kind(
            "on-call", OnCall, "service team starts", service="tax-online", team="tax-online", hours_a_week="128",
            starts="2016-04-01", ends="",
        ),
        _kind(
            "support-dates", SupportDate, "product cycle", product="postgresql", cycle="9.6", ends="2021-11-11",
            is_ended="no", source="endoflife.date, read on 2017-03-31",
        ),
        _kind(
            "objectives", Objective, "code", code="tax-answers", service="tax-online", name="Answers",
            kind="availability", target="0.999", window_days="28", threshold="", source="Load balancer",
        ),
        _kind(
            "measurements", Measurement, "objective starts", objective="tax-answers", starts="2017-03-30",
            ends="2017-03-31", good="99950", total="100000",
        ),
        _kind(
            "requirements", Requirement, "code", code="tax-restored", service="tax-online", name="Restored in 4 hours",
            kind="recovery_time", statement="A lost data centre is replaced within 4 hours.",
            baselined_on="2016-01-15",
        ),
        _kind(
            "evidence", Evidence, "requirement verified_on", requirement="tax-restored", verified_on="2017-01-20",
            expires_on="2018-01-20", has_passed="yes", source="Restore test of January 2017",
        ),
        _kind(
            "delivery-events", DeliveryEvent, "service kind happened_at reference", service="tax-online",
            key="pipeline-812", kind="deployment", happened_at="2017-03-30T14:05Z", begun_at="2017-03-28T09:12Z",
            reference="v4.2", caused_by="",
        ),
        _kind(
            "exposures", Exposure, "product flag metric starts", product="vehicle-tax", flag="new-form", share="0.25",
            starts="2017-03-01", ends="", metric="",
        ),
        _kind(
            "failure-modes", FailureMode, "code", code="card-acquirer-gone", name="The card acquirer is gone",
            service="card-payments", effect="Nobody can pay by card.", detection="Payments fail for two minutes.",
            response="Send payments to the second acquirer.",
        ),
        _kind(
            "drills", Drill, "failure_mode held_on", failure_mode="card-acquirer-gone", held_on="2016-11-03",
            has_passed="yes", minutes="12", notes="The second acquirer took over.",
        ),
        _kind(
            "journeys", Journey, "code", code="tax-your-vehicle", name="Tax your vehicle", product="vehicle-tax",
            process="taxing-a-vehicle", purpose="Drive on, lawfully.", availability="0.985", response_ms="3000",
            metric="vehicle-tax-online",
        ),
        _kind(
            "journey-steps", Step, "journey position starts", journey="tax-your-vehicle", position="3", name="Pay",
            service="card-payments", availability="0.9965", response_ms="900", is_fixed="no", starts="2016-04-01",
            ends="",
        ),
        _kind(
            "passages", Passage, "journey position month", journey="tax-your-vehicle", position="3", month="2017-03",
            entered="3310200", completed="3204100",
        ),
        _kind(
            "incidents", Incident, "code", code="cards-declined", name="Cards were declined", service="card-payments",
            severity="2", started_at="2017-02-14T09:10Z", detected_at="2017-02-14T09:15Z",
            restored_at="2017-02-14T12:40Z", cause="An expired certificate.", failure_mode="card-acquirer-gone",
            is_harmless="no",
        ),
        _kind(
            "impacts", Impact, "incident metric journey starts", incident="cards-declined",
            metric="vehicle-tax-online", journey="tax-your-vehicle", starts="2017-02-14", ends="2017-02-15",
            lost="1400", late="900", late_share="0.25", is_in_figures="no", note="Failed payments not tried again",
        ),
        _kind(
            "streams", FundingStream, "code", code="taxpayers", name="Taxpayers", currency="GBP", sponsor="ada-obi",
            category="run", review_months="3", reviewed_on="2017-01-16",
        ),
        _kind(
            "allocations", Allocation, "stream product starts", stream="taxpayers", product="vehicle-tax",
            monthly_amount="400000.00", starts="2016-04-01", ends="2017-04-01", why="Agreed for the year.",
        ),
        _kind(
            "ledger-entries", LedgerEntry, "reference", reference="GL-2017-000123", product="vehicle-tax",
            stream="taxpayers", starts="2017-03-01", ends="2017-04-01", amount="385120.55", currency="GBP",
            account="6100", includes_labour="no", is_capital="no", memo="Contact centre, March",
        ),
        _kind(
            "fx-rates", ExchangeRate, "currency starts", currency="EUR", rate="0.86", starts="2017-03-01",
            ends="2017-04-01",
        ),
        _kind(
            "guardrails", Guardrail, "name starts", name="most-on-one-product", owner="ada-obi", kind="product",
            bound="most", amount="", share="0.35", category="", value_stream="", stage="", stream="", product="",
            team="", starts="2016-04-01", ends="", why="No product is too large to fail.",
        ),
        _kind(
            "waivers", Waiver, "guardrail product value_stream starts", guardrail="most-on-one-product",
            person="ada-obi", product="vehicle-tax", value_stream="", starts="2017-01-01", ends="2017-07-01",
            why="The paper disc is being wound up.",
        ),
        _kind(
            "commitments", Commitment, "reference", reference="PO-2017-0042", product="vehicle-tax",
            stream="taxpayers", supplier="Contact centre Ltd", starts="2017-04-01", ends="2018-04-01",
            amount="240000.00", currency="GBP", account="6100", is_capital="no", settled_on="", memo="Framework order",
        ),
        _kind(
            "transfers", Transfer, "from_stream to_stream moved_on", from_stream="taxpayers", to_stream="digital",
            moved_on="2017-01-15", amount="50000.00", why="The online service takes over from the branches.",
        ),
        _kind(
            "carry-forwards", CarryForward, "stream year", stream="taxpayers", year="2017-04-01", amount="120000.00",
            why="The new office opens in May instead of March.",
        ),
        _kind(
            "links", Link, "supplier consumer starts", supplier="identity", consumer="vehicle-tax",
            service="Identity checks", share="0.25", starts="2016-04-01", ends="",
        ),
        _kind(
            "usage", Usage, "supplier consumer month", supplier="identity", consumer="vehicle-tax", month="2017-03",
            quantity="120000",
        ),
        _kind(
            "elasticities", Elasticity, "stage product", product="vehicle-tax", stage="", low="0.150", high="0.550",
            evidence="asserted", why="What the last two changes of its budget did",
        ),
    )
}  # fmt: skip


def kind_named(name: str) -> Kind:
    """Return a kind; UnknownKind names them all."""
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKind(
            f"There is no kind “{name}”.{cells.suggestion(name, list(KINDS))} Use one of: {', '.join(KINDS)}."
        ) from None
