"""What every page says about its figures: how fresh they are, and whether an invariant is violated."""

from django.utils.functional import SimpleLazyObject

from portfolio.common import access
from portfolio.rollup.checking import standing_violation
from portfolio.rollup.freshness import freshness as read_freshness
from portfolio.rollup.models import InvariantReport


def freshness(request) -> dict:
    """Return `freshness`, read only where a template shows it, and only to who is signed in."""
    user = getattr(request, "user", None)  # an error before sign-in is read has none
    if user is None or not user.is_authenticated:
        return {}
    return {"freshness": SimpleLazyObject(read_freshness)}


def violation(request) -> dict:
    """Return `violation`, read only where a template shows it, and only to who can act on it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"violation": SimpleLazyObject(lambda: standing_violation() if _may_act(user) else None)}


def _may_act(user) -> bool:
    return access.may_add(user, InvariantReport)
