"""Pages of the ledger."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET, require_safe

from funding import exports
from funding.filters import LedgerEntryTable
from funding.forms import LedgerEntryForm
from funding.models import FundingStream, LedgerEntry, PeriodClose
from funding.views.common import CONFIRM, FORM, get_or_post
from portfolio.common import access, pages
from portfolio.common.months import FIRST_DAY, LAST_DAY, add_months
from products.catalog.models import Product


@require_safe
def ledger_entry_list(request: HttpRequest) -> HttpResponseBase:
    """List ledger entries with their total; where days are asked for, also what falls in them."""
    filterset = LedgerEntryTable(request.GET, LedgerEntry.objects.visible_to(request.user).for_table())
    rows = filterset.qs
    first, after = filterset.days
    totals = {"total": SimpleLazyObject(rows.total)}  # summed where the page shows it: a file does not
    if first or after:
        rows = rows.with_part(first or FIRST_DAY, after or LAST_DAY)
        totals |= {"part_total": SimpleLazyObject(rows.total_part), "first": first, "after": after}
    return pages.render_list(
        request,
        "funding/ledger_entry_list.html",
        filterset,
        export=exports.LEDGER_ENTRIES,
        rows=rows,
        **totals,
        may_add=access.may_add(request.user, LedgerEntry),
    )


@require_GET
def ledger_entry_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a ledger line: its amounts, how it is spread by month, and its corrections."""
    entry = get_object_or_404(LedgerEntry.objects.visible_to(request.user), pk=pk)
    closed, counts_in = PeriodClose.objects.counted_in(entry.recorded_at) or (None, None)
    return pages.render_recorded(
        request,
        "funding/ledger_entry_detail.html",
        entry,
        closed=closed if closed and entry.starts < add_months(closed, 1) else None,
        counts_in=counts_in,
    )


@get_or_post
def ledger_entry_add(request: HttpRequest) -> HttpResponse:
    """Record a ledger entry."""
    pages.require_addable(request, LedgerEntry)
    given = pages.rows_named(request, stream=FundingStream, product=Product)
    return pages.record_form(
        request,
        LedgerEntryForm(request.POST or None, initial=given),
        FORM,
        to=LedgerEntry.get_absolute_url,
        title="Record a ledger entry",
        kicker="Ledger",
        intro="An actual cost, once, as it stands in the books.",
        submit="Record",
        cancel=reverse("funding:ledger-entry-list"),
    )


@get_or_post
def ledger_entry_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a ledger entry."""
    entry = get_object_or_404(LedgerEntry.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        entry,
        LedgerEntryForm,
        FORM,
        to=LedgerEntry.get_absolute_url,
        title="Correct this ledger entry",
        kicker=str(entry),
        intro="The old line stays readable; figures follow the new one.",
        submit="Correct",
        cancel=entry.get_absolute_url(),
    )


@get_or_post
def ledger_entry_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a ledger entry."""
    entry = get_object_or_404(LedgerEntry.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        entry,
        CONFIRM,
        to=LedgerEntry.get_absolute_url,
        title="Retract this ledger entry",
        kicker=str(entry),
        what="It does not belong in the books. A refund is an entry of its own, with a negative amount.",
        submit="Retract",
        cancel=entry.get_absolute_url(),
    )
