"""What every page says about its figures: how fresh they are, and whether an invariant is violated."""

from django.utils.functional import SimpleLazyObject

from portfolio.common import access
from portfolio.rollup.checking import standing_violation
from portfolio.rollup.freshness import freshness_at
from portfolio.rollup.models import InvariantReport
from portfolio.rollup.pulse import pulse_of


def freshness(request) -> dict:
    """Return `freshness`, read only where a template shows it, and only to who is signed in."""
    user = getattr(request, "user", None)  # an error before sign-in is read has none
    if user is None or not user.is_authenticated:
        return {}
    return {"freshness": SimpleLazyObject(lambda: freshness_at(pulse_of(request)))}


def violation(request) -> dict:
    """Return `violation`, read only where a template shows it, and only to who can act on it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"violation": SimpleLazyObject(lambda: _violation_for(user))}


def _violation_for(user) -> dict | None:
    # There hardly ever is one, and it is kept; what a user may do takes a query on every page.
    found = standing_violation()
    return found if found and access.may_add(user, InvariantReport) else None
