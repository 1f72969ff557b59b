"""Pages of budget, actual and forecast: the overview, and the outlook of a stream, a product and a value stream."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from funding import outlook_exports as files
from funding.models import FundingStream
from funding.outlook import scopes
from funding.outlook.asking import PeriodForm
from funding.outlook.figures import Outlook
from funding.outlook.periods import Period
from funding.outlook_pictures import burn, waterfall
from portfolio.common import exports, pages
from products.catalog.models import Product, ValueStream

#: What the tables of the overview are called in addresses and files, and to readers.
TABLES = {
    scopes.CATEGORY: "By category",
    scopes.STREAM: "By funding stream",
    scopes.VALUE_STREAM: "By value stream",
}


@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """Show what there is to spend, what was and will be spent, of the whole and by category, stream and value stream.

    `?format=csv` gives all rows as a file, `&by=stream` those of one table.
    """
    form = PeriodForm(request.GET)
    found = scopes.overview(form.asked, form.at)
    file = exports.asked_for(request)
    if file and form.is_valid():
        wanted = [request.GET["by"]] if request.GET.get("by") in found else list(found)
        rows = [row for by in wanted for row in found[by]]
        return pages.file_of(request, files.GROUPS, files.groups(rows), file, [*form.fields, "by"])
    whole = found[scopes.WHOLE][0].outlook
    return render(
        request,
        "funding/overview.html",
        {
            **_context(form, whole),
            "tables": [(by, title, found[by]) for by, title in TABLES.items() if found[by]],
        },
        status=400 if file else 200,
    )


def _context(form: PeriodForm, outlook: Outlook) -> dict[str, Any]:
    """Return what every page of an outlook shows."""
    period = outlook.period
    return {
        "form": form,
        "known": form.at,
        "period": period,
        "before": period.moved(-1),
        "after": period.moved(1),
        "outlook": outlook,
        "burn": burn(outlook),
        "waterfall": waterfall(outlook),
    }


def _outlook(
    request: HttpRequest,
    row: Any,
    of: Callable[[Any, Period, datetime | None], tuple[Outlook, list[scopes.Part]]],
    **context: Any,
) -> HttpResponseBase:
    """Show the outlook of one row; `?format=csv` gives its months as a file, `&table=` its `causes` or `products`."""
    form = PeriodForm(request.GET)
    outlook, parts = of(row, form.asked, form.at)
    file = exports.asked_for(request)
    if file and form.is_valid():
        asked = [*form.fields, "table"]
        if request.GET.get("table") == "products":
            return pages.file_of(request, files.PRODUCTS, parts, file, asked)
        if request.GET.get("table") == "causes":
            return pages.file_of(request, files.CAUSES, files.causes(outlook), file, asked)
        return pages.file_of(request, files.MONTHS, files.months(outlook), file, asked)
    return render(
        request,
        "funding/outlook.html",
        {"row": row, "parts": parts, **_context(form, outlook), **context},
        status=400 if file else 200,
    )


@require_safe
def stream_outlook(request: HttpRequest, code: str) -> HttpResponseBase:
    """Show the outlook of a funding stream."""
    stream = get_object_or_404(FundingStream.objects.visible_to(request.user), code=code)
    return _outlook(
        request,
        stream,
        scopes.of_stream,
        kicker=f"Funding stream · {stream.code}",
        parent=("Funding", reverse("funding:stream-list")),
        is_stream=True,
        is_group=True,
    )


@require_safe
def product_outlook(request: HttpRequest, code: str) -> HttpResponseBase:
    """Show the outlook of a product."""
    product = get_object_or_404(Product.objects.visible_to(request.user), code=code)
    return _outlook(
        request,
        product,
        scopes.of_product,
        kicker=f"Product · {product.code}",
        parent=("Products", reverse("catalog:product-list")),
    )


@require_safe
def value_stream_outlook(request: HttpRequest, code: str) -> HttpResponseBase:
    """Show the outlook of a value stream with all below it."""
    value_stream = get_object_or_404(ValueStream.objects.visible_to(request.user), code=code)
    return _outlook(
        request,
        value_stream,
        scopes.of_value_stream,
        kicker=f"Value stream · {value_stream.code}",
        parent=("Value streams", reverse("catalog:value-stream-list")),
        is_group=True,
    )
