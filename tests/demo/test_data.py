"""The demonstration's files, recomputed from the published figures with nothing but csv and Decimal."""

import csv
import re
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest

from portfolio.demo import rows
from portfolio.demo.carry_over import COLUMNS, carry_over

CENT = Decimal("0.01")
PLATFORMS = {row["code"] for row in rows.illustrative("products")}
FIRST, AFTER = date(2011, 4, 1), date(2017, 4, 1)


def table(name):
    with (rows.DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_month(entries):
    """Return {(product, month): amount}, an interval spread evenly over its days, in pounds at the given rate."""
    rate = {"GBP": Decimal(1), "USD": Decimal("0.80")}
    corrected = {row["reference"]: Decimal(row["value"]) for row in rows.corrections()}
    total = defaultdict(Decimal)
    for entry in entries:
        starts, ends = date.fromisoformat(entry["starts"]), date.fromisoformat(entry["ends"])
        amount = corrected.get(entry["reference"], Decimal(entry["amount"])) * rate[entry["currency"]]
        day = starts
        while day < ends:
            month = day.replace(day=1)
            following = min(ends, date(month.year + month.month // 12, month.month % 12 + 1, 1))
            total[entry["product"], month] += amount * (following - day).days / (ends - starts).days
            day = following
    return total


def test_the_ledger_is_volume_times_cost_per_transaction_to_the_penny():
    expected = {
        (row["service"], row["year"]): (Decimal(row["volume"]) * Decimal(row["cost_per_transaction"])).quantize(
            CENT, ROUND_HALF_UP
        )
        for row in table("uk_services.csv")
        if row["volume"] and row["cost_per_transaction"]
    }
    entries = rows.published("ledger-entries")
    assert {(row["product"], row["starts"][:4]): Decimal(row["amount"]) for row in entries} == expected
    assert sum(amount for (_, year), amount in expected.items() if year == "2016") == Decimal("1073982501.20")


def test_a_blank_is_not_published_and_never_a_zero():
    blanks = sum(1 for row in table("uk_services.csv") for name in ("volume", "digital_volume") if not row[name])
    assert blanks > 0
    assert len(rows.published("observations")) == 2 * len(table("uk_services.csv")) - blanks


def test_every_service_is_valued_or_says_why_not():
    services = set(rows.services())
    valued = {row["metric"].removesuffix("-digital") for row in rows.published("valuations")}
    reasons = rows.unvalued()
    assert len(services) == 69
    assert valued | set(reasons) == services
    assert not valued & set(reasons)
    assert all(reasons.values())


def test_the_check_that_is_most_of_the_volume_has_no_worth():
    volumes = {row["service"]: int(row["volume"] or 0) for row in rows.figures() if row["year"] == "2016"}
    for service in ("stamp-duty-reserve-tax", "vehicle-tax-checks", "paye", "customs"):
        assert service in rows.unvalued()
        del volumes[service]
    assert sum(volumes.values()) < max(
        int(row["volume"]) for row in rows.figures() if row["service"] == "vehicle-tax-checks" and row["year"] == "2016"
    )


def test_a_worth_holds_in_just_the_years_whose_cost_and_online_volume_are_published():
    held = defaultdict(set)
    for row in rows.published("valuations"):
        last = int(row["ends"][:4]) if row["ends"] else 2017
        held[row["metric"].removesuffix("-digital")] |= set(range(int(row["starts"][:4]), last))
    published = defaultdict(set)
    for row in rows.figures():
        if row["volume"] and row["cost_per_transaction"] and int(row["digital_volume"] or 0):
            published[row["service"]].add(int(row["year"]))
    assert held == {service: published[service] for service in held}


def test_no_worth_exceeds_what_the_offline_part_of_the_service_could_have_cost():
    high = {row["metric"].removesuffix("-digital"): Decimal(row["high"]) for row in rows.published("valuations")}
    for row in rows.figures():
        if row["service"] not in high or row["year"] < "2013":
            continue
        if not (row["volume"] and row["digital_volume"] and row["cost_per_transaction"]):
            continue
        volume, online = int(row["volume"]), int(row["digital_volume"])
        if online and (volume - online) * 20 >= volume:
            assert high[row["service"]] <= Decimal(row["cost_per_transaction"]) * volume / (volume - online), row


def test_what_platforms_cost_is_carved_out_of_the_services_in_every_month():
    total = defaultdict(Decimal)
    for (_, month), amount in by_month(rows.illustrative("ledger-entries")).items():
        assert amount == amount.quantize(CENT)
        total[month] += amount
    for month in total:
        if month >= date(2016, 4, 1):  # the team that is not in the ledger, at its run-rate
            total[month] += team_cost("addresses", month)
    assert len(total) == 36
    assert set(total.values()) == {Decimal(0)}


def team_cost(team, month):
    rates = {
        row["discipline"]: Decimal(row["monthly_amount"])
        for row in rows.illustrative("rates")
        if row["starts"] <= month.isoformat() and (not row["ends"] or month.isoformat() < row["ends"])
    }
    return sum(
        Decimal(row["fte"]) * rates[row["discipline"]]
        for row in rows.illustrative("memberships")
        if row["team"] == team
        and row["starts"] <= month.isoformat()
        and (not row["ends"] or month.isoformat() < row["ends"])
    )


def test_every_service_keeps_a_cost_of_its_own_in_every_month():
    cost = by_month(rows.rows("ledger-entries"))
    services = rows.services()
    assert all(amount > 0 for (product, _), amount in cost.items() if product in services)


def test_a_platform_passes_on_no_more_than_its_output():
    for month in ("2014-04-01", "2016-03-01", "2016-10-01", "2017-03-01"):
        passed = defaultdict(Decimal)
        for link in rows.illustrative("links"):
            if link["starts"] <= month and (not link["ends"] or month < link["ends"]):
                passed[link["supplier"]] += Decimal(link["share"])
        assert set(passed) == PLATFORMS
        assert all(share <= 1 for share in passed.values())


def test_metered_use_has_a_link_behind_it():
    links = rows.illustrative("links")
    for use in rows.illustrative("usage"):
        month = use["month"] + "-01"
        assert not use["consumer"] or any(
            (link["supplier"], link["consumer"]) == (use["supplier"], use["consumer"])
            and link["starts"] <= month
            and (not link["ends"] or month < link["ends"])
            for link in links
        ), use


def test_metering_of_one_platform_stopped_and_one_metric_is_overdue():
    last = {}
    for use in rows.illustrative("usage"):
        last[use["supplier"]] = max(last.get(use["supplier"], ""), use["month"])
    assert last.pop("notifications") == "2016-11"
    assert set(last.values()) == {"2017-03"}
    seen = {}
    for observation in rows.illustrative("observations"):
        seen[observation["metric"]] = max(seen.get(observation["metric"], ""), observation["starts"])
    assert seen.pop("driving-licence-changes-satisfaction") == "2016-09-30"
    assert set(seen.values()) == {"2017-03-31"}


def test_only_what_was_made_up_says_so():
    for kind in rows.KINDS:
        assert all(row["illustrative"] == "yes" for row in rows.illustrative(kind))
        assert not any(row.get("illustrative") for row in rows.published(kind))


def _paid(product, day, streams):
    """Return what the given streams pay a product a month on a day."""
    return sum(
        Decimal(row["monthly_amount"])
        for row in rows.rows("allocations")
        if row["product"] == product
        and row["stream"] in streams
        and row["starts"] <= day
        and (not row["ends"] or day < row["ends"])
    )


def test_every_service_is_paid_about_what_it_costs_from_the_stream_of_its_ledger():
    published = {row["code"] for row in rows.published("streams")}
    costs = by_month(rows.rows("ledger-entries"))
    drawn_from = {row["product"]: row["stream"] for row in rows.published("ledger-entries")}
    for entry in rows.published("ledger-entries"):
        year = int(entry["starts"][:4])
        months = [date(year + month // 12, month % 12 + 1, 1) for month in range(3, 15)]
        cost = sum(costs[entry["product"], month] for month in months) / 12
        paid = _paid(entry["product"], entry["starts"], published)
        assert paid == _paid(entry["product"], entry["starts"], {drawn_from[entry["product"]]})
        # Within 15 % of what is paid, and what rounding to whole thousands, hundreds or pounds makes of it.
        assert abs(paid - cost) <= paid * Decimal("0.151") + Decimal("0.03") * cost, (entry["reference"], paid, cost)


def test_funding_changes_seldom_and_each_change_says_why():
    found = defaultdict(list)
    for row in rows.rows("allocations"):
        assert row["why"]
        assert len(row["why"]) <= 300
        found[row["stream"], row["product"]].append(row)
    for steps in found.values():
        steps.sort(key=lambda row: row["starts"])
        for before, after in pairwise(steps):
            assert before["ends"]
            assert before["ends"] <= after["starts"]
    of_services = [steps for (_, product), steps in found.items() if product not in PLATFORMS]
    assert sum(len(steps) for steps in of_services) < 3.2 * len(of_services)
    (petitions,) = found["taxpayers", "e-petition-signatures"]
    assert petitions["ends"] == "2015-04-01"  # it ended


def test_there_is_money_of_every_category_and_a_review_that_is_overdue():
    streams = rows.rows("streams")
    assert {row["category"] for row in streams} == {"run", "grow", "transform"}
    assert all(row["sponsor"] for row in rows.illustrative("streams"))
    assert not any(row["sponsor"] for row in rows.published("streams"))  # who answers for them was not published


def test_illustrative_metrics_carry_no_worth():
    made_up = {row["code"] for row in rows.illustrative("metrics")}
    assert not made_up & {row["metric"] for row in rows.rows("valuations")}


@pytest.mark.parametrize("kind", rows.KINDS)
def test_every_reference_is_to_a_row_that_exists(kind):
    codes = {
        name: {row["code"] for row in rows.rows(of)}
        for name, of in {
            "value_stream": "value-streams",
            "parent": "value-streams",
            "product": "products",
            "supplier": "products",
            "consumer": "products",
            "segment": "segments",
            "metric": "metrics",
            "stream": "streams",
            "from_stream": "streams",
            "to_stream": "streams",
            "team": "teams",
            "person": "people",
            "sponsor": "people",
            "discipline": "disciplines",
            "failure_mode": "failure-modes",
            "incident": "incidents",
            "journey": "journeys",
            "service": "services",
        }.items()
    } | {"guardrail": {row["name"] for row in rows.rows("guardrails")}}
    if kind == "commitments":
        del codes["supplier"]  # whom the order is with, in words
    if kind == "links":
        del codes["service"]  # what is pulled, in words
    for row in rows.rows(kind):
        for name in row.keys() & codes.keys():
            assert not row[name] or row[name] in codes[name], row


@pytest.mark.parametrize("kind", rows.KINDS)
def test_rows_are_inside_the_period_and_within_the_columns(kind):
    found = rows.rows(kind)
    assert found
    # What is agreed, waived, carried forward or planned is about the year to come.
    to_come = ("commitments", "carry-forwards", "waivers", "memberships", "absences")
    after = date(2018, 4, 1) if kind in to_come else AFTER
    for row in found:
        for name in ("starts", "ends", "said_on", "moved_on", "year"):
            if row.get(name):
                assert FIRST <= date.fromisoformat(row[name]) <= after, row
        if "code" in row:
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["code"])
            assert len(row["code"]) <= 60
        assert len(row.get("source", "")) <= (500 if kind == "valuations" else 300)
        assert len(row.get("unvalued_reason", "")) <= 300


def test_nobody_observes_the_same_days_twice():
    spans = defaultdict(list)
    for row in rows.rows("observations"):
        spans[row["metric"]].append((row["starts"], row["ends"]))
    for found in spans.values():
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(found)))


def test_a_subset_holds_the_agencies_asked_for_and_what_they_refer_to():
    agencies = ("dvsa", "environment-agency")
    assert {row["code"] for row in rows.published("value-streams", agencies)} == {
        "dvsa",
        "dft",
        "environment-agency",
        "defra",
    }
    products = {row["code"] for row in rows.published("products", agencies)}
    assert products == {"driving-test-bookings", "driving-test-changes", "fishing-licences", "flood-warnings"}
    assert {row["product"] for row in rows.published("ledger-entries", agencies)} == products


def test_carrying_over_keeps_a_blank_a_blank(tmp_path):
    original = tmp_path / "original.csv"
    original.write_text(
        "service,period_start,volume,digital_volume,cost_per_transaction_gbp\n"
        "Vehicle tax renewals,2011-04-01,46012000,23396000,\n"
        "Vehicle tax renewals,2012-04-01,45778327,24701745,1.4300\n",
        encoding="utf-8",
    )
    assert carry_over(original, tmp_path / "compact.csv") == 2
    assert list(csv.reader((tmp_path / "compact.csv").open(encoding="utf-8"))) == [
        COLUMNS,
        ["vehicle-tax", "2011", "46012000", "23396000", ""],
        ["vehicle-tax", "2012", "45778327", "24701745", "1.43"],
    ]
