"""What every template may use."""

from django.conf import settings

from portfolio.common.money import base_currency
from portfolio.common.months import today


def twofold(request) -> dict:
    """Return the organisation's name, its currency, today, and whether this is the demo."""
    return {
        "organisation": settings.TWOFOLD_ORGANISATION,
        "base_currency": base_currency(),
        "today": today(),
        "demo": settings.TWOFOLD_DEMO,
    }
