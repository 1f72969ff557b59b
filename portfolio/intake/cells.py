"""What the text of a cell means: strictly, so that nothing is rounded, guessed or read as another country's date."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from portfolio.common.money import validate_currency
from portfolio.common.sheets import undone
from portfolio.intake.errors import BadCell

MOST_DIGITS = 15  # SQLite keeps numbers as floats

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_INTEGER = re.compile(r"[0-9]{1,18}")


def shown(text: str) -> str:
    """Return a cell's text as messages quote it: on one line and not too long."""
    flat = " ".join(text.split())
    return f"“{flat[:40]}…”" if len(flat) > 41 else f"“{flat}”"


def suggestion(text: str, known: list[str]) -> str:
    """Return `Did you mean …?` where something known is close, else nothing."""
    near = get_close_matches(text.lower(), known, n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""


def as_decimal(text: str, *, max_digits: int, places: int) -> Decimal:
    """Return the number; refuse thousands separators, decimal commas, exponents and digits that would be lost."""
    if not _DECIMAL.fullmatch(text):
        if "," in text:
            plain = text.replace(",", "")
            remedy = f"such as {plain}" if _DECIMAL.fullmatch(plain) else "such as 1234.50"
            raise BadCell(f"{shown(text)} has a comma; write a plain number, {remedy}, with a point before decimals.")
        if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", text):
            raise BadCell(f"{shown(text)} has an exponent, so digits may be lost; write it out, such as 120000.")
        raise BadCell(f"{shown(text)} is not a number; write digits with a point before decimals, such as 1234.50.")
    whole, _, fraction = text.lstrip("+-").partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > places:
        raise BadCell(
            f"{shown(text)} has {len(fraction)} decimals; at most {places} are kept. Round it in the file: it is not "
            "rounded here."
        )
    if len(whole.lstrip("0")) > max_digits - places:
        raise BadCell(f"{shown(text)} is too large: at most {max_digits - places} digits before the point.")
    significant = f"{whole}{fraction}".strip("0")
    if len(significant) > MOST_DIGITS:
        raise BadCell(
            f"{shown(text)} has more than {MOST_DIGITS} digits, which not every database keeps exactly; round it in "
            "the file."
        )
    sign = "-" if text.startswith("-") else ""
    return Decimal(f"{sign}{whole or '0'}.{fraction or '0'}")


def as_date(text: str) -> date:
    """Return the day written as 2017-03-31; nothing else, since 03/04/2017 means two days."""
    if not _DATE.fullmatch(text):
        raise BadCell(f"{shown(text)} is not a date as needed here; write year-month-day, such as 2017-03-31.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadCell(
            f"{shown(text)} is not a day in the calendar; write year-month-day, such as 2017-03-31."
        ) from None


def as_moment(text: str) -> datetime:
    """Return the moment written as 2017-03-31T17:00Z, with its zone: without one it would be another one elsewhere."""
    try:
        moment = datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadCell(
            f"{shown(text)} is not a moment as needed here; write day, time and zone, such as 2017-03-31T17:00Z."
        )
    return moment.astimezone(UTC)


def as_month(text: str) -> date:
    """Return the first day of the month written as 2017-03."""
    if not _MONTH.fullmatch(text) or not 1 <= int(text[5:]) <= 12 or text.startswith("0000"):
        raise BadCell(f"{shown(text)} is not a month; write year-month, such as 2017-03.")
    return date(int(text[:4]), int(text[5:]), 1)


def as_boolean(text: str) -> bool:
    """Return whether the cell says yes."""
    try:
        return {"yes": True, "no": False}[text.lower()]
    except KeyError:
        raise BadCell(f"{shown(text)} is neither yes nor no; write one of them.") from None


def as_integer(text: str) -> int:
    """Return a whole number that is not negative."""
    if not _INTEGER.fullmatch(text):
        raise BadCell(f"{shown(text)} is not a whole number; write digits only, such as 12000.")
    return int(text)


def as_choice(text: str, choices: list[str]) -> str:
    """Return the one of `choices` that the cell names."""
    if text.lower() not in choices:
        raise BadCell(f"{shown(text)} is not known here; write one of {', '.join(choices)}.{suggestion(text, choices)}")
    return text.lower()


def _reader(field: models.Field, is_month: bool) -> Callable[[str], Any]:
    match field:
        case models.DecimalField():
            return lambda text: as_decimal(text, max_digits=field.max_digits, places=field.decimal_places)
        case models.DateTimeField():  # first: it is a kind of date
            return as_moment
        case models.DateField():
            return as_month if is_month else as_date
        case models.BooleanField():
            return as_boolean
        case models.IntegerField():
            return as_integer
    if field.choices:
        choices = [value for value, _ in field.flatchoices]
        return lambda text: as_choice(text, choices)
    if validate_currency in field.validators:
        return str.upper
    return undone


def reader(field: models.Field, *, is_month: bool = False) -> Callable[[str], Any]:
    """Return the function that turns a cell, stripped and not empty, into a value for a model's field.

    What the field itself would refuse (too long, below its least value) is refused here already, in its words.
    """
    read = _reader(field, is_month)

    def read_and_clean(text: str) -> Any:
        if "\x00" in text:
            raise BadCell("There is a NUL character in this cell; remove it (retyping the cell does).")
        try:
            return field.clean(read(text), None)
        except ValidationError as error:
            raise BadCell(" ".join(error.messages)) from error

    return read_and_clean
