"""Pages that read across subjects: the board, a product's statement, and one month of it down to the ledger line."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_safe

from portfolio.board import figures, fragments, live, months, product_facts, product_figures
from portfolio.board.forms import BoardForm, ProductForm
from portfolio.board.reasons import top_moves
from portfolio.common import access, charts, exports, pages
from portfolio.common.filters import MomentField
from portfolio.common.money import base_currency
from portfolio.common.months import parse_month, today
from portfolio.rebalance.models import Decision
from portfolio.rollup import reading
from portfolio.rollup.exports import STANDINGS
from portfolio.rollup.headline import headline
from portfolio.rollup.models import BlockedMonth, Standing
from portfolio.rollup.monthly import Monthly, monthly
from portfolio.rollup.pulse import pulse_of
from products.catalog import panels
from products.catalog.models import Product
from products.health.product_panels import product_panels
from products.roadmaps import panels as roadmap_panels
from products.value import panels as value_panels

PAGE_SIZE = 100
MOST_DECISIONS = 5  # about a product, on its page
MOST_DRAWN = 250  # products in the picture of value against spend


@require_safe
def board(request: HttpRequest) -> HttpResponseBase:
    """Show what each unit of money returns: of everything, of each value stream, of each product."""
    is_fragment = bool(request.htmx and not request.htmx.history_restore_request)
    file = exports.asked_for(request)
    beat = pulse_of(request)
    key = fragments.key("fragment" if is_fragment else "board", request, beat)
    parts = None if file else fragments.kept(key)
    if parts is None:
        form = BoardForm(request.GET)
        if not form.is_valid():
            return render(request, "board/board.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
        if form.asked is None:
            if file:
                return pages.file_of(request, STANDINGS, [], file, form.fields)
            context = live.shown_run(request) | {"has_products": Product.objects.exists()}
            return render(request, "board/board_empty.html", context)
        standings = reading.read_standings(form.asked)
        chosen = form.chosen(standings)
        table = figures.table(form, standings, chosen, form.cleaned_data["sort"])
        if file:
            return pages.file_of(request, STANDINGS, [row.standing for row in table.rows], file, form.fields)
        parts = _parts(request, form, standings, chosen, table, is_fragment=is_fragment)
        if form.asked.at is None:
            fragments.keep(key, parts)
    if is_fragment:
        response = HttpResponse(parts["table"])
    else:
        shown = {"parts": parts} | ({"shown_run": beat.run} if parts["is_present"] else {})
        response = render(request, "board/board.html", shown)
    response.headers["Vary"] = "HX-Request, Cookie"  # one URL, two bodies: keep the caches apart
    return fragments.compressed(request, response)


def _parts(
    request: HttpRequest,
    form: BoardForm,
    standings: list[Standing],
    chosen: list[Standing],
    table: figures.Table,
    *,
    is_fragment: bool,
) -> fragments.Parts:
    """Return what is the same for all who may read: rendered without a user, so that it holds nobody's name."""
    page = Paginator(table.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    page.has_files = True
    shown = headline(form.asked, standings, chosen, is_narrowed=form.is_narrowed)
    context = {
        "form": form,
        "asked": form.asked,
        "headline": shown,
        "tone": figures.tone(shown),
        "trend": figures.trend(shown),
        "window": figures.window_in_words(form.asked),
        "is_narrowed": form.is_narrowed,
        "all_products": sum(1 for row in standings if row.product_id),
        "blocked": BlockedMonth.objects.filter(month__gte=form.asked.first, month__lte=form.asked.last),
        "table": table,
        "page": page,
        "lines": table.lines(page.object_list),
        "page_spend": sum(row.shown_spend for row in page),
        "has_movement": form.asked.is_kept,
    }
    if is_fragment:
        return {"table": fragments.render("board/_standing_table.html", request, context)}
    products = {row.product_id for row in chosen} if form.is_narrowed else None
    context |= {
        "over_time": _over_time(monthly(figures.shown_months(form.asked), products, form.asked)),
        "against_spend": _against_spend(chosen),
        "moves": top_moves(chosen) if form.asked.is_kept else [],
    }
    opening, rest = fragments.parted("board/_opening.html", request, context)
    return {
        "opening": opening,
        "opening_rest": rest,
        "below": fragments.render("board/_below.html", request, context),
        "is_present": form.asked.at is None,
    }


def _over_time(series: Monthly, title: str = "Value credited and cost, by month") -> charts.Chart:
    """Draw a series from its first month with a figure on."""
    begin = next((place for place, cost in enumerate(series.cost) if cost or series.value[place]), len(series.months))
    return charts.value_over_time(
        series.months[begin:],
        series.cost[begin:],
        series.value[begin:],
        series.low[begin:] if series.has_range else None,
        series.high[begin:] if series.has_range else None,
        currency=base_currency(),
        title=title,
    )


def _against_spend(chosen: list[Standing]) -> charts.Chart:
    """Draw the products that spend most: more points than that are a cloud, and more rows nobody reads."""
    drawn = sorted(chosen, key=lambda row: -row.direct_cost)[:MOST_DRAWN]
    points = [
        charts.Point(
            row.product.name,
            float(row.direct_cost),
            float(row.credited_value) if row.is_valued else None,
            None if row.credited_value_low is None else float(row.credited_value_low),
            None if row.credited_value_high is None else float(row.credited_value_high),
            product_figures.address(row.product),
        )
        for row in drawn
    ]
    left_out = len(chosen) - len(drawn)
    chart = charts.value_against_spend(points, currency=base_currency())
    if not left_out:
        return chart
    most = f"Of {len(chosen):,} products, the {len(drawn):,} that spend most; choose among them above to see others."
    return replace(chart, summary=f"{most} {chart.summary}")


@require_GET
def how(request: HttpRequest) -> HttpResponse:
    """Explain the arithmetic with this portfolio's own figures."""
    asked = reading.asked()
    context: dict[str, Any] = {"asked": asked}
    if asked:
        standings = reading.read_standings(asked)
        context |= {
            "window": figures.window_in_words(asked),
            "whole": next((row for row in standings if not row.product_id and not row.value_stream_id), None),
            "example": product_figures.example(standings, asked),
        }
    return render(request, "board/how.html", context)


@require_GET
def product(request: HttpRequest, code: str) -> HttpResponse:
    """Show a product as a small business: money in, cost, who pulls what, value, customers, teams and metrics."""
    row = get_object_or_404(Product.objects.visible_to(request.user).for_table(), code=code)
    may = {
        "may_write": access.may_write(request.user, row),
        **panels.rights(row, user=request.user),
        **roadmap_panels.rights(row, user=request.user),
    }
    beat = pulse_of(request)
    # Who may do other things here sees other buttons, which are in the parts.
    key = fragments.key("product", request, beat, beat.solved, product_facts.shown(row), may)
    parts = fragments.kept(key)
    status = HTTPStatus.OK
    if parts is None:
        form = ProductForm(request.GET)
        parts = _product_parts(request, row, form, may)
        if not form.is_valid():
            status = HTTPStatus.BAD_REQUEST
        elif form.asked and form.asked.at is None:
            fragments.keep(key, parts)
    context = {"product": row, "parts": parts, **may, **live.shown_run(request, parts["at"])}
    if not parts["at"]:  # services are told as they are now; they are read anew, so that nothing of them is stale
        context["panels"] = product_panels(row, request.user, today())
    return fragments.compressed(request, render(request, "board/product.html", context, status=status))


def _product_parts(request: HttpRequest, row: Product, form: ProductForm, may: dict[str, bool]) -> fragments.Parts:
    """Return what is the same for all who may do the same here: rendered without a user."""
    asked = form.asked if form.is_valid() else None
    at = asked.at if asked else None
    context = {"product": row, "form": form, "asked": asked, "is_valid": form.is_valid(), **may}
    if asked:
        context |= product_figures.page(row, asked, form.cleaned_data["by"])
        series = monthly(figures.shown_months(asked), {row.pk}, asked)
        context["over_time"] = _over_time(series, f"What {row.name} was credited with and cost, by month")
    context["customers"] = panels.customers(row, user=request.user, known=at)
    context["teams"] = panels.teams(row, user=request.user, known=at)
    context["scores"] = value_panels.scores(row, known=at)
    if not request.GET.get("known"):  # a roadmap is shown as it is; what it was is in its baselines and changes
        context["roadmaps"] = roadmap_panels.roadmaps(row)
    context["decisions"] = Decision.objects.about(row.pk, at)[:MOST_DECISIONS]
    return {
        "content": fragments.render("board/_product.html", request, context),
        "window": figures.window_in_words(asked) if asked else "",
        "at": at,
    }


@require_GET
def product_month(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """Show what a product's month is made of: every ledger line, metric, share and flow, and how they add up."""
    row = get_object_or_404(Product.objects.visible_to(request.user).for_table(), code=code)
    try:
        day = parse_month(month)
    except ValueError as error:
        raise Http404(str(error)) from error
    try:
        at = MomentField().clean(request.GET.get("known", ""))
    except ValidationError as error:
        context = {"product": row, "month": day, "error": error.messages[0]}
        return render(request, "board/product_month.html", context, status=HTTPStatus.BAD_REQUEST)
    context = live.shown_run(request, at) | months.page(row, day, at) | {"product": row}
    return fragments.compressed(request, render(request, "board/product_month.html", context))
