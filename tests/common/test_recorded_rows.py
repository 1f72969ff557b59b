"""What every recorded row answers: its rules beside their fields, its history, and days that make sense."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from funding.models import LedgerEntry
from portfolio.common import actions, histories
from portfolio.common.rules import field_of
from portfolio.network.models import Usage
from tests.factories import make_allocation, make_ledger_entry, make_stream, make_usage, make_user

pytestmark = pytest.mark.django_db


def test_a_broken_rule_is_told_at_the_field_it_is_about():
    with pytest.raises(ValidationError) as refusal:
        make_ledger_entry(starts=date(2026, 2, 1), ends=date(2026, 2, 1))
    assert refusal.value.message_dict == {
        "ends": ["The end must come after the start; it is the first day that no longer counts."]
    }


def test_a_row_that_stands_already_is_told_at_the_last_field_of_its_key():
    usage = make_usage()
    with pytest.raises(ValidationError) as refusal:
        make_usage(supplier=usage.supplier, month=usage.month)
    assert refusal.value.message_dict == {"month": ["This usage is already recorded for the month. Correct that row."]}


def test_a_rule_over_several_fields_is_told_for_the_row():
    rule = next(one for one in Usage._meta.constraints if one.name == "usage_is_between_two_products")
    assert field_of(rule) == "__all__"


@pytest.mark.parametrize("starts", [date(202, 1, 1), date(9999, 1, 1)])
def test_a_year_typed_wrongly_is_refused(starts):
    with pytest.raises(ValidationError) as refusal:
        make_allocation(starts=starts)
    assert list(refusal.value.message_dict) == ["starts"]
    assert "is out of reach" in refusal.value.message_dict["starts"][0]


def test_a_history_tells_every_correction_with_its_own_reason():
    clerk = make_user("finance_partner")
    first = make_ledger_entry(amount=Decimal("100.00"), by=clerk)
    second = actions.correct(first, changes={"amount": Decimal("110.00")}, reason="Misread", by=clerk)
    third = actions.correct(second, changes={"account": "6400"}, reason="Wrong account", by=clerk)
    actions.retract(third, reason="Posted twice", by=clerk)
    rows = histories.chain(second)
    assert [row.pk for row in rows] == [first.pk, second.pk, third.pk]
    entries = histories.recorded_history(rows)
    assert [(entry["what"], entry.get("reason")) for entry in entries] == [
        ("Retracted", "Posted twice"),
        ("Corrected", "Wrong account"),
        ("Corrected", "Misread"),
        ("Recorded", None),
    ]
    assert entries[1]["changes"] == [("Account", "", "6400")]
    assert entries[2]["changes"] == [("Amount", "100.00", "110.00"), ("Base amount", "100.00", "110.00")]
    assert {entry["who"] for entry in entries} == {clerk}


def test_a_history_of_edits_tells_what_each_changed():
    stream = make_stream(code="levy", name="Levy")
    editor = make_user("leader")
    stream.name = "The levy"
    actions.save(stream, by=editor)
    actions.save(stream, by=editor)  # the same again changed nothing
    entries = histories.described_history(stream)
    assert [(entry["what"], entry["changes"]) for entry in entries] == [
        ("Edited", [("Name", "Levy", "The levy")]),
        ("Added", []),
    ]
    assert entries[0]["who"] == editor


def test_a_row_recorded_by_a_clock_ahead_of_ours_can_be_corrected_and_retracted():
    row = make_ledger_entry(recorded_at=timezone.now() + timedelta(hours=1))
    new = actions.correct(row, changes={"amount": Decimal("110.00")}, reason="Misread", by=None)
    assert row.retracted_at == new.recorded_at == row.recorded_at
    assert actions.retract(new, reason="Posted twice", by=None).retracted_at == row.recorded_at


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_row_is_not_said_to_stand_already_because_the_database_went_away():
    row = make_ledger_entry()
    new = LedgerEntry(reference="new", product=row.product, starts=row.starts, ends=row.ends, amount=row.amount)
    new.complete()
    transaction.set_autocommit(False)
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(DatabaseError):
        new.validate_constraints()
    connection.close()
    new.validate_constraints()
