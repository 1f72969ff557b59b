"""The demonstration as rows of the general import formats: what was published, and what was made up around it.

The compact files of `data` hold each published figure once; this module spells them out into value streams, products,
metrics, observations and ledger entries. The files of `data/illustrative` are in the import formats already.
"""

import csv
from collections.abc import Collection, Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"

Row = dict[str, str]

#: The kinds of rows, each after those it refers to.
KINDS = (
    "disciplines",
    "people",
    "teams",
    "memberships",
    "absences",
    "rates",
    "fx-rates",
    "value-streams",
    "products",
    "segments",
    "themes",
    "assignments",
    "metrics",
    "insights",
    "shared-outcomes",
    "valuations",
    "observations",
    "scores",
    "streams",
    "allocations",
    "ledger-entries",
    "commitments",
    "transfers",
    "carry-forwards",
    "links",
    "usage",
    "elasticities",
    "processes",
    "services",
    "support-dates",
    "components",
    "parts",
    "service-dependencies",
    "on-call",
    "failure-modes",
    "drills",
    "journeys",
    "journey-steps",
    "passages",
    "incidents",
    "impacts",
    "objectives",
    "measurements",
    "requirements",
    "evidence",
    "delivery-events",
    "exposures",
    # After the money that they are held against: what is loaded before them cannot break them.
    "guardrails",
    "waivers",
)

#: What is allocated is left as it is until a year costs that much more or less: funding is to be stable.
TOLERANCE = Decimal("0.15")
#: What monthly amounts are rounded to, from an amount on.
_ROUNDED_TO = ((20_000, 1_000), (2_000, 100), (0, 1))
#: Published figures come once a year.
YEARLY = "366"
_STREAMS = {"Fees and charges": "fees-and-charges", "Taxpayers": "taxpayers", "": "not-provided"}
_SEGMENTS = {"Individuals": "individuals", "Business": "businesses"}


def rows(kind: str) -> list[Row]:
    """Return the demonstration's rows of one kind, as a CSV import would read them."""
    return [*published(kind), *illustrative(kind)]


def published(kind: str, agencies: Collection[str] | None = None) -> list[Row]:
    """Return the rows of one kind that rest on published figures.

    `agencies` are codes of value streams, such as `dvsa`: with them, only their services and the value streams
    above them, for a test that needs a handful of real products.
    """
    spell_out = {
        "value-streams": _value_streams,
        "products": _products,
        "segments": _segments,
        "metrics": _metrics,
        "valuations": _valuations,
        "observations": _observations,
        "streams": _streams,
        "ledger-entries": _ledger_entries,
        "support-dates": _support_dates,
    }.get(kind)
    return list(spell_out(frozenset(agencies) if agencies is not None else None)) if spell_out else []


def illustrative(kind: str) -> list[Row]:
    """Return the rows of one kind that were made up; all say so."""
    found = _read(f"illustrative/{kind}.csv") if (DATA / "illustrative" / f"{kind}.csv").exists() else []
    return [*found, *_allocations()] if kind == "allocations" else found


def corrections() -> list[Row]:
    """Return the corrections made after everything was recorded: kind, reference, column, value, reason."""
    return _read("illustrative/corrections.csv")


def services(agencies: Collection[str] | None = None) -> dict[str, Row]:
    """Return the published services by code, with agency, customer type, business model and purpose."""
    return {
        row["service"]: row
        for row in _read("uk_services_list.csv")
        if agencies is None or row["value_stream"] in agencies
    }


def figures(agencies: Collection[str] | None = None) -> list[Row]:
    """Return the published figures: service, year, volume, digital_volume, cost_per_transaction; a blank is unknown."""
    wanted = services(agencies)
    return [row for row in _read("uk_services.csv") if row["service"] in wanted]


def unvalued() -> dict[str, str]:
    """Return why no worth is put on a service, for each service without one."""
    return {row["service"]: row["reason"] for row in _read("unvalued.csv")}


@cache
def _read_once(name: str) -> tuple[Row, ...]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def _read(name: str) -> list[Row]:
    return [dict(row) for row in _read_once(name)]


def _support_dates(agencies: Collection[str] | None) -> Iterator[Row]:
    return iter(_read("support-dates.csv"))


def _year(row: Row) -> Row:
    return {"starts": f"{row['year']}-04-01", "ends": f"{int(row['year']) + 1}-04-01"}


def _label(year: str) -> str:
    return f"{year}–{(int(year) + 1) % 100:02d}"


def _value_streams(agencies: Collection[str] | None) -> Iterator[Row]:
    streams = {row["code"]: row for row in _read("value-streams.csv")}
    wanted = set(streams) if agencies is None else {*agencies, *(streams[code]["parent"] for code in agencies)}
    # A parent comes before its children, as it does in the file.
    return (row for code, row in streams.items() if code in wanted)


def _products(agencies: Collection[str] | None) -> Iterator[Row]:
    for code, service in services(agencies).items():
        yield {
            "code": code,
            "name": service["name"],
            "value_stream": service["value_stream"],
            "stage": service["stage"],
            "kind": "customer",
            "purpose": service["purpose"],
            "usage_unit": "",
        }


def _segments(agencies: Collection[str] | None) -> Iterator[Row]:
    for code, service in services(agencies).items():
        if segment := _SEGMENTS.get(service["customer_type"]):
            yield {
                "code": f"{code}-{segment}",
                "product": code,
                "name": segment.capitalize(),
                "size": "",
                "size_basis": "",
            }


def _metrics(agencies: Collection[str] | None) -> Iterator[Row]:
    reasons = unvalued()
    for code in services(agencies):
        metric = {
            "product": code,
            "behaviour": "flow",
            "cadence_days": YEARLY,
            "is_higher_better": "yes",
            "target": "",
            "felt_by": "customer",
        }
        yield metric | {
            "code": f"{code}-completed",
            "name": "Completed transactions",
            "unit": "transactions",
            "unvalued_reason": "Counted by whatever channel: worth is put on what was completed online.",
        }
        yield metric | {
            "code": f"{code}-digital",
            "name": "Completed online",
            "unit": "transactions online",
            "unvalued_reason": reasons.get(code, ""),
        }


def _valuations(agencies: Collection[str] | None) -> Iterator[Row]:
    wanted = {f"{code}-digital" for code in services(agencies)}
    return (row for row in _read("valuations.csv") if row["metric"] in wanted)


def _observations(agencies: Collection[str] | None) -> Iterator[Row]:
    for row in figures(agencies):
        for column, metric in (("volume", "completed"), ("digital_volume", "digital")):
            if row[column]:
                yield {
                    "metric": f"{row['service']}-{metric}",
                    **_year(row),
                    "value": row[column],
                    "source": f"Government Digital Service, transactional services data, {_label(row['year'])}",
                }


def _streams(agencies: Collection[str] | None) -> Iterator[Row]:
    wanted = {_STREAMS[service["business_model"]] for service in services(agencies).values()}
    return (row for row in _read("streams.csv") if row["code"] in wanted)


def _ledger_entries(agencies: Collection[str] | None) -> Iterator[Row]:
    wanted = services(agencies)
    for row in figures(agencies):
        if not row["volume"] or not row["cost_per_transaction"]:
            continue  # not published is not zero
        volume, each = row["volume"], row["cost_per_transaction"]
        yield {
            "reference": f"{row['service']}-{row['year']}",
            "product": row["service"],
            "stream": _STREAMS[wanted[row["service"]]["business_model"]],
            **_year(row),
            "amount": str((Decimal(volume) * Decimal(each)).quantize(Decimal("0.01"), ROUND_HALF_UP)),
            "currency": "GBP",
            "account": "published cost",
            "includes_labour": "yes",
            "memo": f"{_label(row['year'])}: {int(volume):,} transactions at £{each} each",
        }


# -- Allocations: made up, from what services cost -------------------------------------------------------------


def own_costs() -> dict[str, dict[int, Decimal]]:
    """Return what each service cost by year: as published, less what its platforms were carved out of it."""
    costs: dict[str, dict[int, Decimal]] = {}
    for row in _ledger_entries(None):
        costs.setdefault(row["product"], {})[int(row["starts"][:4])] = Decimal(row["amount"])
    put_right = {row["reference"]: row["value"] for row in corrections() if row["column"] == "amount"}
    for row in _read("illustrative/ledger-entries.csv"):
        year = int(row["starts"][:4]) - (row["starts"][5:] < "04-01")
        if year in costs.get(row["product"], {}):
            costs[row["product"]][year] += Decimal(put_right.get(row["reference"], row["amount"]))
    return costs


def _allocations() -> Iterator[Row]:
    """Yield what each service is paid a month: a twelfth of what it costs, from each April in which that moved much.

    A year without a published cost changes nothing. The last amount goes on, unless the service has ended.
    """
    last = max(row["year"] for row in figures())
    known = {row["service"]: row["year"] for row in figures() if row["volume"] or row["cost_per_transaction"]}
    listed = services()
    for code, years in own_costs().items():
        steps: list[tuple[int, Decimal, str]] = []
        for year, cost in sorted(years.items()):
            monthly = _rounded(cost / 12)
            label = _label(str(year))
            if not steps:
                steps.append((year, monthly, f"A twelfth of what {label} was to cost, its platforms left out."))
            elif abs(monthly - steps[-1][1]) > TOLERANCE * steps[-1][1]:
                part = abs(monthly - steps[-1][1]) * 100 / steps[-1][1]
                how = "more" if monthly > steps[-1][1] else "less"
                steps.append((year, monthly, f"{label} was to cost {part:,.0f} % {how} than was allocated."))
        has_ended = listed[code]["stage"] == "retire" and known[code] < last
        ends = [f"{year}-04-01" for year, _, _ in steps[1:]]
        ends.append(f"{int(known[code]) + 1}-04-01" if has_ended else "")
        for (year, monthly, why), end in zip(steps, ends, strict=True):
            yield {
                "stream": _STREAMS[listed[code]["business_model"]],
                "product": code,
                "monthly_amount": f"{monthly}.00",
                "starts": f"{year}-04-01",
                "ends": end,
                "why": why,
                "illustrative": "yes",
            }


def _rounded(monthly: Decimal) -> Decimal:
    """Round an amount as somebody who plans would."""
    unit = next(unit for least, unit in _ROUNDED_TO if monthly >= least)
    return (monthly / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit
