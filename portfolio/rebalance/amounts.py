"""Amounts as people type them: `1,200,000`, `1.2m`, `£450k`, and changes such as `+5%` or `-10000`."""

import re
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError

from portfolio.common import formats
from portfolio.common.money import to_cent

#: The most that the database holds; see `money.amount_field`.
MOST = Decimal("9999999999999.99")
_SIZES = {"": Decimal(1), "k": Decimal(10) ** 3, "m": Decimal(10) ** 6, "bn": Decimal(10) ** 9, "b": Decimal(10) ** 9}
_TYPED = re.compile(r"(?P<sign>[+-]?)(?P<digits>\d[\d,]*(?:\.\d*)?|\.\d+)(?P<size>bn|[kmb]?)(?P<percent>%?)", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})*(\.\d*)?|\d*(\.\d*)?", re.ASCII)
_EXAMPLES = "Write an amount such as 1,200,000 or 1.2m, or a change such as +5% or -10000."


def typed_amount(text: str, current: Decimal, currency: str) -> Decimal:
    """Return the amount, to the cent, that was typed over `current`; both in `currency`.

    A sign in front makes it a change of what stands: `+5%`, `-10000`. Raises ValidationError, in words, for what is no
    amount, in another currency, below nothing, or more than can be held.
    """
    written = _plain(text, currency)
    match = _TYPED.fullmatch(written)
    if not match or not _THOUSANDS.fullmatch(match["digits"]):
        raise ValidationError(f"{text.strip()[:40]!r} is not an amount. {_EXAMPLES}")
    try:
        number = Decimal(match["digits"].replace(",", "")) * _SIZES[match["size"]]
    except InvalidOperation as error:
        raise ValidationError(f"{text.strip()[:40]!r} is not an amount. {_EXAMPLES}") from error
    if match["percent"]:
        if match["size"] or not match["sign"]:
            raise ValidationError(
                f"{text.strip()[:40]!r} is a share of nothing. For a change write +{number.normalize():f}% or "
                f"-{number.normalize():f}%."
            )
        number = current * number / 100
    amount = {"": number, "+": current + number, "-": current - number}[match["sign"]]
    if amount > MOST:
        raise ValidationError(f"{text.strip()[:40]!r} is more than can be held; the most is {MOST:,}.")
    if amount < 0:
        raise ValidationError(
            f"{formats.money(current, currency)} less {formats.money(number, currency)} is below nothing. "
            "Take off at most what is there."
        )
    return to_cent(amount)


def _plain(text: str, currency: str) -> str:
    """Return what was typed without spaces, the currency's own sign and code, and with a plain minus."""
    written = re.sub(r"[\s\u00a0\u202f'_]", "", text).replace(formats.MINUS, "-").replace("–", "-").lower()
    for sign in (currency.lower(), formats.currency_symbol(currency).lower()):
        written = written.replace(sign, "", 1) if written.lstrip("+-").startswith(sign) else written.removesuffix(sign)
    return written
