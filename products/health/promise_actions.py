"""Looking after evidence, day by day: what the daily job does."""

from datetime import date

import structlog

from portfolio.common.months import today
from products.health.models import Requirement
from products.health.promise_reading import Expiring, expiring

log = structlog.get_logger(__name__)


def tell_expiring(on: date | None = None) -> list[Expiring]:
    """Log every requirement whose evidence expires within 30 days or has, for whoever watches the logs; return them.

    Who may write them is told on the page Today and by its mail, which read the same. Repeating it logs it again.
    """
    day = on or today()
    found = expiring(Requirement.objects.filter(service__is_retired=False), day)
    for one in found:
        log.warning(
            "evidence_expired" if one.expires_on <= day else "evidence_expires",
            requirement=one.requirement.code,
            service=one.requirement.service.code,
            expires_on=one.expires_on.isoformat(),
        )
    return found
