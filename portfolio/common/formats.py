"""Figures as plain English text: the words a page, a label or a message shows for a number.

Every function takes None, NaN and infinity and answers with an em dash: where there is no
figure, none is made up.
"""

import math
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol

from portfolio.common.months import months_between

NONE = "—"
MINUS = "−"
# In this locale the dollar, the pound and the euro all have their short sign.
LOCALE = "en"
STEPS = ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"), (Decimal(10) ** 3, "k"))


def number(value: object) -> Decimal | None:
    """Return a finite Decimal, or None for None, empty text, NaN, infinity and what is no number."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        exact = (
            Decimal(repr(float(value)))
            if hasattr(value, "__float__") and not isinstance(value, Decimal)
            else Decimal(str(value))
        )
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return exact if exact.is_finite() else None


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Round half away from zero, as people do; a result of zero has no sign."""
    result = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(result) if result == 0 else result


def _grouped(value: Decimal, decimals: int) -> str:
    return f"{rounded(value, decimals):,.{decimals}f}".replace("-", MINUS)


@cache
def currency_symbol(currency: str) -> str:
    """Return the sign of an ISO 4217 code (GBP: £); a code without one stands for itself."""
    return get_currency_symbol(currency, locale=LOCALE)


def money(amount: object, currency: str, decimals: int | None = None) -> str:
    """Return an amount in full, `£1,234.56`; `decimals` overrules the currency's own (yen has none)."""
    value = number(amount)
    if value is None:
        return NONE
    # A table has thousands of amounts, and the general way costs ten times as much as what this locale comes to.
    if currency_symbol(currency)[-1:].isalpha():
        return _spelled(value, currency, decimals)
    places = _precision(currency) if decimals is None else decimals
    shown = abs(value).quantize(_STEP[places], ROUND_HALF_EVEN if decimals is None else ROUND_HALF_UP)
    return f"{MINUS if value < 0 and (shown or decimals is None) else ''}{currency_symbol(currency)}{shown:,f}"


_STEP = [Decimal(1).scaleb(-places) for places in range(13)]


@cache
def _precision(currency: str) -> int:
    return get_currency_precision(currency)


def _spelled(value: Decimal, currency: str, decimals: int | None) -> str:
    """Return an amount in a currency without a sign of its own, whose code stands apart from the digits."""
    if decimals is None:
        text = format_currency(value, currency, locale=LOCALE)
    else:
        pattern = "¤#,##0" + ("." + "0" * decimals if decimals else "")
        text = format_currency(rounded(value, decimals), currency, pattern, locale=LOCALE, currency_digits=False)
    return text.replace("-", MINUS)


def money_short(amount: object, currency: str) -> str:
    """Return an amount to compare at a glance: £950, £4.1k, £412k, £91.4m, £1.2bn."""
    value = number(amount)
    if value is None:
        return NONE
    size = abs(value)
    sign = MINUS if value < 0 else ""
    symbol = currency_symbol(currency)
    if symbol == currency:
        symbol += " "
    for step, suffix in STEPS:
        # 999,960 is a million to this precision, not a thousand thousands.
        if size >= step or (rounded(size / step, 1) >= 1 and size * 1000 >= step * Decimal("999.5")):
            scaled = size / step
            return f"{sign}{symbol}{_grouped(scaled, 1 if rounded(scaled, 1) < 100 else 0)}{suffix}"
    if size and size < 10 and size != size.to_integral_value():
        return f"{sign}{symbol}{_grouped(size, 2)}"
    whole = rounded(size, 0)
    return f"{sign if whole else ''}{symbol}{_grouped(whole, 0)}"


def ratio(value: object, decimals: int = 2) -> str:
    """Return value per unit of money, `2.14`; from a hundred on the decimals say nothing and go."""
    exact = number(value)
    if exact is None:
        return NONE
    return _grouped(exact, 0 if abs(exact) >= 100 else decimals)


def quantity(value: object) -> str:
    """Return a count or measure with thousands separated and no trailing zeros, to 4 decimals."""
    exact = number(value)
    if exact is None:
        return NONE
    text = f"{rounded(exact, 4):,f}"
    return text.rstrip("0").rstrip(".").replace("-", MINUS)


def quantity_short(value: object) -> str:
    """Return a count at a glance: 950, 4.1k, 412k, 91.4m, 1.2bn."""
    exact = number(value)
    if exact is None:
        return NONE
    if abs(exact) < 1000:
        return quantity(rounded(exact, 2))
    return money_short(exact, "XXX").replace(currency_symbol("XXX"), "").strip()


def share(value: object, decimals: int = 0) -> str:
    """Return a part of one as a percentage: 0.123 is `12%`; what is not nothing never reads 0%."""
    exact = number(value)
    if exact is None:
        return NONE
    percent = rounded(exact * 100, decimals)
    least = Decimal(1).scaleb(-decimals)
    if percent == 0 and exact != 0:
        return f"<{least}%" if exact > 0 else f">{MINUS}{least}%"
    return f"{_grouped(percent, decimals)}%"


def direction(value: object, decimals: int = 2) -> str:
    """Return `up`, `down` or `even` for a change, judged as it will be shown; `none` without one."""
    exact = number(value)
    if exact is None:
        return "none"
    shown = rounded(exact, decimals)
    return "even" if shown == 0 else "up" if shown > 0 else "down"


def month_name(month: date | None, *, short: bool = False) -> str:
    """Return `March 2017`, or `Mar 2017`."""
    if month is None:
        return NONE
    return month.strftime("%b %Y" if short else "%B %Y")


def day_name(day: date | None) -> str:
    """Return `31 Mar 2017`."""
    return NONE if day is None else f"{day.day} {day.strftime('%b %Y')}"


def period(starts: date | None, ends: date | None) -> str:
    """Return the days [starts, ends) as a reader says them, last day included.

    One day is `31 Mar 2017`, one month `March 2017`, whole months `April 2016 to March 2017`;
    without an end it is `from 1 Apr 2016`.
    """
    if starts is None:
        return NONE if ends is None else f"until {day_name(ends - timedelta(days=1))}"
    if ends is None:
        return f"from {day_name(starts)}"
    last = ends - timedelta(days=1)
    if last <= starts:
        return day_name(starts)
    if starts.day == 1 and ends.day == 1:
        return (
            month_name(starts)
            if (starts.year, starts.month) == (last.year, last.month)
            else f"{month_name(starts)} to {month_name(last)}"
        )
    return f"{day_name(starts)} to {day_name(last)}"


def duration(value: object) -> str:
    """Return seconds, or a timedelta, in the two units that matter: `0.26 s`, `2 min 3 s`, `4 d 6 h`."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else number(value)
    if seconds is None:
        return NONE
    seconds = float(seconds)
    if seconds < 0:
        return MINUS + duration(-seconds)
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = math.floor(seconds + 0.5)
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, whole = divmod(whole, size)
        parts.append((count, unit))
    while parts[0][0] == 0:
        parts.pop(0)
    return " ".join(f"{count} {unit}" for count, unit in parts[:2] if count)


def ago(moment: datetime | date | None, now: datetime | date) -> str:
    """Return how long before `now` something was: `just now`, `2 seconds ago`, `3 days ago`, `in 2 days`."""
    if moment is None:
        return NONE
    if isinstance(moment, datetime) and isinstance(now, datetime):
        seconds = (now - moment).total_seconds()
    else:
        day, today = (one.date() if isinstance(one, datetime) else one for one in (moment, now))
        seconds = (today - day).total_seconds()
        if not seconds:
            return "today"
    size = abs(seconds)
    if size < 1:
        return "just now"
    for unit, length in (
        ("year", 31557600),
        ("month", 2629800),
        ("day", 86400),
        ("hour", 3600),
        ("minute", 60),
        ("second", 1),
    ):
        # Sixty days read better than one month.
        if size >= (2 * length if unit in ("year", "month") else length):
            count = int(size // length)
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"


def months_ago(day: date | None, on: date) -> str:
    """Return how many whole months a day lies before another, in words; never where there is no day."""
    if day is None:
        return "never"
    months = months_between(day, on)
    return "less than a month ago" if months < 1 else f"{months} month{'' if months == 1 else 's'} ago"
