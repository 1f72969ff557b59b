"""What the pages of promises and delivery draw besides what all rooms do."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portfolio.common import drawing, formats
from portfolio.common.templatetags.twofold import drawn_interval
from portfolio.engine.delivery import Spread
from products.health.delivery_pictures import quarter_name, spread_in_words

register = template.Library()

SCALE = 4.0  #: of how many times better a service is: from a quarter to four times


@register.simple_tag
def factor_svg(low: object, mid: object, high: object) -> SafeString:
    """Draw by how many times something is better than before, with its 90 % range; 1 is as before."""
    shape = drawing.interval(low, mid, high, SCALE)
    if shape is None:
        return format_html('<span class="none">{}</span>', "too little to tell")
    words = {"up": "better than before", "down": "worse than before", "even": "may be better or worse"}
    label = f"{formats.ratio(mid)} times as good, 90% range {formats.ratio(low)} to {formats.ratio(high)}"
    return drawn_interval(shape, f"{label}; {words[shape.standing]}")


@register.simple_tag
def spread_words(spread: Spread | None) -> str:
    """Say a median and between which durations nine of ten lie."""
    return spread_in_words(spread)


register.filter("quarter", quarter_name)
