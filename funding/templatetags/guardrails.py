"""What pages that show how money is split say of the guardrails."""

from datetime import date, datetime

from django import template

from funding import guardrails
from portfolio.common.months import today

register = template.Library()


@register.inclusion_tag("components/waivers.html")
def waivers_in_force(on: date | None = None, known: datetime | None = None, rule: str = "") -> dict[str, object]:
    """`{% waivers_in_force %}`: the waivers in force today, or `on` a day, as `known`; of one rule or of all.

    Belongs on every page that shows a split of money. One query; nothing is shown where no waiver is in force.
    """
    day = on or today()
    return {"waivers": guardrails.waivers_in_force(day, known or None, rule), "on": day}
