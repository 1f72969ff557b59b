"""What templates say and draw: figures as text, small pictures, tags, links that keep a page's query.

A built-in library: every template has it without `load`.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django import template
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portfolio.common import drawing, formats
from portfolio.common.charts import Chart
from portfolio.common.money import base_currency
from portfolio.common.months import today

register = template.Library()

NAVIGATION = (
    ("Board", "board:board"),
    ("Today", "board:today"),
    ("Network", "network:network"),
    ("Products", "catalog:product-list"),
    ("Roadmaps", "roadmaps:roadmap-list"),
    ("Services", "health:service-list"),
    ("Funding", "funding:stream-list"),
    ("Rebalance", "rebalance:scenario-list"),
    ("Teams", "teams:team-list"),
    ("Metrics", "value:metric-list"),
    ("Import", "intake:import"),
    ("Runs", "rollup:run-list"),
)

# -- Figures as text --------------------------------------------------------------------------------

for name in ("quantity", "quantity_short", "month_name", "duration"):
    register.filter(name, getattr(formats, name))
register.filter("day", formats.day_name)


@register.filter
def months_ago(day: date | None) -> str:
    """`{{ team.last_heard_on|months_ago }}` as of today: 2 months ago."""
    return formats.months_ago(day, today())


@register.filter(name="money")
def money_filter(amount: object, currency: str = "") -> str:
    """`{{ amount|money }}` in the base currency, `{{ amount|money:row.currency }}` in its own: £1,234.56."""
    return formats.money(amount, currency or base_currency())


@register.simple_tag
def money(amount: object, currency: str = "", decimals: int | None = None) -> str:
    """`{% money amount row.currency decimals=0 %}`: £1,235."""
    return formats.money(amount, currency or base_currency(), decimals)


@register.filter
def money_short(amount: object, currency: str = "") -> str:
    """`{{ amount|money_short }}`: £91.4m."""
    return formats.money_short(amount, currency or base_currency())


@register.filter
def ratio(value: object, decimals: int = 2) -> str:
    """`{{ standing.credited|ratio }}`: 2.14."""
    return formats.ratio(value, decimals)


@register.filter
def share(value: object, decimals: int = 0) -> str:
    """`{{ link.share|share }}`: 12%; `|share:1`: 12.3%."""
    return formats.share(value, decimals)


@register.filter
def month_short(month: date | None) -> str:
    """`{{ row.month|month_short }}`: Mar 2017."""
    return formats.month_name(month, short=True)


@register.filter
def ago(moment: datetime | date | None) -> str:
    """`{{ run.finished_at|ago }}`: 2 seconds ago; a date is told from the day the figures are for."""
    return formats.ago(moment, timezone.now() if isinstance(moment, datetime) else today())


@register.filter
def period(row: object) -> str:
    """`{{ row|period }}`: the days of a row with `starts` and `ends`, last day included: March 2017."""
    return formats.period(getattr(row, "starts", None), getattr(row, "ends", None))


@register.simple_tag
def days(starts: date | None, ends: date | None) -> str:
    """`{% days first after %}`: as the filter `period`, from two dates."""
    return formats.period(starts, ends)


@register.simple_tag
def signed(change: object, decimals: int = 2, money: str = "", good: str = "up") -> SafeString:
    """Show a change as an arrow, a word for those who do not see it, and its size: ▲ 0.12.

    `money="GBP"` shows an amount, £1.2m. `good="down"` colours a fall as good (costs, waiting
    times), `good=""` leaves both plain.
    """
    direction = formats.direction(change, 0 if money else decimals)
    if direction == "none":
        return format_html('<span class="move none"><span class="sr">no comparison</span>{}</span>', formats.NONE)
    size = abs(formats.number(change))
    text = formats.money_short(size, money) if money else formats.ratio(size, decimals)
    arrow, word = {"up": ("▲", "up"), "down": ("▼", "down"), "even": ("–", "unchanged,")}[direction]
    tone = "even" if direction == "even" or not good else "good" if direction == good else "bad"
    return format_html(
        '<span class="move {}"><span aria-hidden="true">{}</span><span class="sr">{}</span> {}</span>',
        tone, arrow, word, text,
    )  # fmt: skip


# -- Small pictures ---------------------------------------------------------------------------------


def _nothing(words: str) -> SafeString:
    """A dash for the eye, words for the ear."""
    return format_html(
        '<span class="none"><span aria-hidden="true">{}</span><span class="sr">{}</span></span>', formats.NONE, words
    )


@register.simple_tag
def interval_svg(
    low: object, mid: object, high: object, scale_max: float = 8.0, currency: str = ""
) -> SafeString | str:
    """Draw a 90 % range of value per unit of money against 1.00, on a log scale of 1/scale_max to scale_max."""
    shape = drawing.interval(low, mid, high, scale_max)
    if shape is None:
        return _nothing("no figure")
    sign = formats.currency_symbol(currency or base_currency())
    words = {"up": "above break-even", "down": "below break-even", "even": "may be either side of break-even"}
    has_range = shape.low is not None and shape.high is not None
    label = f"{sign}{formats.ratio(mid)}" if shape.mid is not None else ""
    if has_range:
        label += f"{', ' if label else ''}90% range {sign}{formats.ratio(low)} to {sign}{formats.ratio(high)}"
    return drawn_interval(shape, f"{label}; {words[shape.standing]}")


def drawn_interval(shape: drawing.Interval, label: str) -> SafeString:
    """Return the picture of a range against the centre of its scale; `label` says in words what it shows."""
    parts = [format_html('<line class="one" x1="{0}" x2="{0}" y1="0" y2="{1}"/>', shape.one, shape.height)]
    if shape.low is not None and shape.high is not None:
        y = shape.middle
        parts.append(format_html('<line class="span" x1="{}" x2="{}" y1="{y}" y2="{y}"/>', shape.low, shape.high, y=y))
        if shape.arrow_low:
            parts.append(format_html('<polyline class="cut" points="{}"/>', shape.arrow_low))
        if shape.arrow_high:
            parts.append(format_html('<polyline class="cut" points="{}"/>', shape.arrow_high))
    if shape.mid is not None:
        parts.append(format_html('<circle cx="{}" cy="{}" r="4"/>', shape.mid, shape.middle))
    return format_html(
        '<svg class="interval {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        shape.standing, shape.width, shape.height, label, SafeString("".join(parts)),
    )  # fmt: skip


@register.simple_tag
def interval_axis(scale_max: float = 8.0) -> SafeString:
    """Draw the scale that belongs over a column of `interval_svg`; readers of words have the labels instead."""
    ticks = format_html_join(
        "", '<text class="{2}" x="{0}" y="10" text-anchor="middle">{1}</text>',
        ((x, label, "centre" if label == "1" else "") for x, label in drawing.interval_ticks(scale_max)),
    )  # fmt: skip
    width = drawing.INTERVAL_WIDTH
    return format_html('<svg class="interval-axis" viewBox="0 0 {} 13" aria-hidden="true">{}</svg>', width, ticks)


@register.simple_tag
def sparkline(values: Iterable[object], reference: object = None, label: str = "") -> SafeString:
    """Draw a trend; months without a figure break the line. `reference=1` draws break-even where it is in reach."""
    series = list(values or [])
    shape = drawing.sparkline(series, reference)
    if shape is None:
        return _nothing("no figures")
    known = [value for value in series if drawing.finite(value) is not None]
    words = f"{label or 'Trend'}: {formats.ratio(known[0])} to {formats.ratio(known[-1])} over {len(series)} points"
    level = (
        format_html('<line class="one" x1="0" x2="{}" y1="{y}" y2="{y}"/>', shape.width, y=shape.reference)
        if shape.reference is not None
        else ""
    )
    lines = format_html_join("", '<polyline points="{}"/>', ((run,) for run in shape.runs))
    dots = format_html_join("", '<circle class="lone" cx="{}" cy="{}" r="1"/>', shape.dots)
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}<circle cx="{}" cy="{}" r="2"/></svg>',
        shape.width, shape.height, words, level, lines, dots, *shape.last,
    )  # fmt: skip


@register.simple_tag
def bar_svg(value: object, scale_max: object = 1, tone: str = "") -> SafeString:
    """Draw a figure as a bar beside its number, which says it in words; `tone` is cost, value or empty."""
    length = drawing.bar(value, scale_max)
    if length is None:
        return SafeString("")
    return format_html(
        '<svg class="bar {}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="8"/><rect class="fill" width="{}" height="8"/></svg>',
        tone, length,
    )  # fmt: skip


@register.simple_tag
def chart(chart: Chart, id: str, size: str = "", is_open: bool = False, caption: bool = True) -> SafeString:
    """Show a chart of `portfolio.common.charts` with its data as a table; `size` is small, tall or empty.

    `caption=False` leaves title and summary to those who listen, where a heading says it already.
    """
    table = [[(column.is_numeric, text) for column, text in zip(chart.columns, row, strict=True)] for row in chart.rows]
    context = {
        "chart": chart,
        "table": table,
        "id": id,
        "data_id": f"{id}-data",
        "size": size,
        "is_open": is_open,
        "has_caption": caption,
    }
    return SafeString(render_to_string("components/chart.html", context))


# -- Tags -------------------------------------------------------------------------------------------

FLAGS = {
    "stale": ("stale", "warn", "Older than it should be; its range has widened."),
    "overdue": ("overdue", "warn", "An observation was expected and has not come; its range has widened."),
    "blocked": ("blocked", "stop", "This month could not be worked out; its last good figures are shown."),
    "unvalued": (
        "unvalued",
        "quiet",
        "Nobody has said what one unit of this is worth, so it counts as no value.",
    ),
    "tied": (
        "tied",
        "quiet",
        "Its range overlaps with its neighbours': the order between them may be chance.",
    ),
    "retracted": ("retracted", "quiet", "No longer counted; kept for the record."),
    "corrected": ("corrected", "quiet", "A later row replaces this one."),
    "broken": ("broken", "stop", "The money as it is allocated does not keep this guardrail."),
    "waived": ("waived", "warn", "Somebody has leave not to keep this guardrail for a while."),
    "overspent": ("overspent", "stop", "More went wrong in the window than the objective allows."),
    "burning": ("burning fast", "warn", "The last days spent the error budget more than twice as fast as is allowed."),
    "unmeasured": ("not measured", "quiet", "Nothing was measured, which says neither good nor bad."),
    "expired": ("expired", "warn", "Its evidence no longer counts: it has to be tested again."),
    "expiring": ("expires soon", "warn", "Its evidence counts for 30 days at most."),
    "failed": ("failed", "stop", "It did not hold when it was tested last."),
    "unverified": ("unverified", "warn", "Nobody has tested whether it holds."),
    "draft": ("draft", "quiet", "It is agreed with nobody yet."),
    "verified": ("verified", "quiet", "It held when it was tested last, and that still counts."),
    "risked": ("released unverified", "warn", "A requirement had no valid evidence when this was released."),
    "embedded": ("embedded", "quiet", "A business partner who works in the team for these days."),
    "illustrative": ("illustrative", "made-up", "Made up to show how things work; not public data."),
}


@register.simple_tag
def stage(value: str) -> SafeString:
    """Show a product's stage: explore, grow, sustain or retire."""
    return format_html('<span class="tag stage {0}">{0}</span>', value) if value else SafeString("")


@register.simple_tag
def kind(value: str) -> SafeString:
    """Show a product's kind: customer, internal, platform or external."""
    return format_html('<span class="tag kind {0}">{0}</span>', value) if value else SafeString("")


@register.simple_tag
def evidence(grade: str) -> SafeString:
    """Show how a worth is known, as a filled, half or empty dot and its word: measured, estimated, asserted."""
    if not grade:
        return _nothing("no evidence")
    return format_html('<span class="evidence {0}">{0}</span>', grade)


@register.simple_tag
def flag(name: str, detail: object = "", title: str = "") -> SafeString:
    """Show a state that a reader must know: stale, overdue, blocked, unvalued, tied, broken, waived and so on."""
    word, tone, meaning = FLAGS[name]
    text = f"{word} {detail}" if detail else word
    return format_html('<span class="tag flag {}" title="{}">{}</span>', tone, title or meaning, text)


@register.simple_tag
def illustrative(row: object) -> SafeString:
    """Mark a row (or a bool) that is made up; nothing for what is real."""
    made_up = getattr(row, "is_illustrative", row)
    return flag("illustrative") if made_up is True else SafeString("")


# -- Links that keep the query ------------------------------------------------------------------------


def _query(context: template.Context) -> QueryDict:
    """Return the page's query, also inside an `include ... only`, which hides the variable `request`."""
    request = context.get("request") or getattr(context, "request", None)
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


def _replaced(context: template.Context, changes: dict[str, object]) -> str:
    query = _query(context)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def query_replace(context: template.Context, **changes: object) -> str:
    """`<a href="{% query_replace page=2 stage=None %}">`: this page's query with some parameters changed."""
    return _replaced(context, changes)


@register.simple_tag(takes_context=True)
def hidden_query(context: template.Context, form: object = None, drop: str = "page") -> SafeString:
    """Repeat as hidden fields what the query holds and the form does not, so that filtering keeps the order."""
    prefix = f"{form.prefix}-" if form is not None and form.prefix else ""
    taken = {prefix + name for name in form.fields} if form is not None else set()
    taken.update(drop.split())
    # A field of two inputs sends name_min and name_max, name_after and name_before.
    kept = [
        (name, value)
        for name, values in _query(context).lists()
        for value in values
        if name not in taken and name.rpartition("_")[0] not in taken
    ]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', kept)


@register.inclusion_tag("components/sort_th.html", takes_context=True)
def sort_th(
    context: template.Context, field: str, label: str, numeric: bool = False, default: str = "",
    param: str = "sort", title: str = "", target: str = "",
) -> dict[str, object]:  # fmt: skip
    """A header cell that sorts its column by URL; figures sort from the largest first.

    `field` is the value of `?sort=`, `default` the order without one (`-credited`).
    """
    current = _query(context).get(param) or default
    order = {field: "ascending", f"-{field}": "descending"}.get(current, "")
    following = {"ascending": f"-{field}", "descending": field, "": f"-{field}" if numeric else field}[order]
    href = _replaced(context, {param: following, "page": None})
    return {
        "label": label,
        "numeric": numeric,
        "order": order,
        "href": href,
        "title": title,
        "target": target,
    }


@register.simple_tag
def rows_href(rows_of: object, verb: str, *args: object) -> str:
    """Return the address of a page of `portfolio.common.rows`: `{% rows_href rows_of "correct" row.pk %}`."""
    return rows_of.href(verb, *args)


@register.filter
def cells_of(row: object, columns: Iterable) -> list[dict[str, object]]:
    """Return what a row shows in columns of `portfolio.common.rows`: `text`, `href`, `label` and `is_number` each."""
    return [
        dict(zip(("text", "href"), column.of(row), strict=True))
        | {"label": column.label, "is_number": column.is_number}
        for column in columns
    ]


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(*parts: str) -> dict[str, object]:
    """`{% breadcrumbs "Products" products_url product.name %}`: labels and addresses in turn, then this page's name."""
    return {
        "links": list(zip(parts[:-1:2], parts[1::2], strict=True)),
        "here": parts[-1] if len(parts) % 2 else "",
    }


@register.simple_tag(takes_context=True)
def page_links(context: template.Context, page: object) -> list[dict[str, object]]:
    """Return the page numbers to show for a Django `Page`, with addresses; gaps have no number."""
    return [
        {"number": number, "href": _replaced(context, {"page": number}), "is_here": number == page.number}
        if isinstance(number, int)
        else {"number": None}
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> list[dict[str, object]]:
    """Return the main links; the current one is named by the variable `nav`, by the address or by its app."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    asked = (context.get("nav"), match.view_name if match else "", match.app_name if match else "")
    names = {name.partition(":")[0]: name for _, name in reversed(NAVIGATION)} | {name: name for _, name in NAVIGATION}
    here = next((names[one] for one in asked if one in names), "")
    return [{"label": label, "href": reverse(name), "is_here": here == name} for label, name in NAVIGATION]
