"""Pages of funding: streams, allocations, the ledger and exchange rates."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from funding import exports
from funding.figures import stream_figures
from funding.filters import AllocationTable, ExchangeRateTable, FundingStreamTable, LedgerEntryTable
from funding.forms import AllocationForm, ExchangeRateForm, FundingStreamForm, LedgerEntryForm
from funding.models import Allocation, ExchangeRate, FundingStream, LedgerEntry
from funding.pictures import allocated_and_spent
from portfolio.common import access, histories, pages
from portfolio.common.filters import MomentField
from portfolio.common.months import FIRST_DAY, LAST_DAY, add_months, fiscal_year, fiscal_year_name, last_day, today
from portfolio.common.spreading import from_cents
from products.catalog.models import Product

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
LATEST = 10
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


# -- Funding streams ------------------------------------------------------------------------------------


@require_safe
def stream_list(request: HttpRequest) -> HttpResponseBase:
    """List the streams: who sponsors them, what they pay a month, what was spent of them this fiscal year."""
    year = fiscal_year(today())
    streams = FundingStream.objects.visible_to(request.user).for_table().with_money(today(), year)
    filterset = FundingStreamTable(request.GET, streams)
    return pages.render_list(
        request,
        "funding/stream_list.html",
        filterset,
        export=exports.STREAMS,
        year=fiscal_year_name(year),
        spent=SimpleLazyObject(filterset.qs.total_spent),
        may_add=access.may_add(request.user, FundingStream),
    )


class StreamViewForm(forms.Form):
    """Which fiscal year of a stream to show, and as known when."""

    year = forms.ChoiceField(required=False, label="Fiscal year")
    known = MomentField(
        required=False, label="As known at", widget=forms.TextInput(attrs={"placeholder": "2016-09-30T17:00Z"})
    )


@require_GET
def stream_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a stream: what it gives to whom and since when, and what was spent of it."""
    stream = get_object_or_404(FundingStream.objects.visible_to(request.user).for_table(), code=code)
    asked = StreamViewForm(request.GET)
    asked.is_valid()
    known = asked.cleaned_data.get("known")
    figures = stream_figures(stream, known)
    years = {line.name: line for line in figures.years()}
    default = fiscal_year_name(fiscal_year(today()))
    if years and default not in years:
        default = next(iter(years))
    name = request.GET.get("year") if request.GET.get("year") in years else default
    year = years[name].year if name in years else fiscal_year(today())
    form = StreamViewForm(request.GET.dict() | {"year": name}, initial={"year": default})
    form.fields["year"].choices = [(one, one) for one in years] or [(name, name)]
    entries = LedgerEntry.objects.known(known).filter(stream=stream).for_table()
    return render(
        request,
        "funding/stream_detail.html",
        {
            "stream": stream,
            "form": form,
            "known": known,
            "figures": figures,
            "now_note": _to_products(len({row.product_id for row in figures.allocations if row.holds_on(today())})),
            "monthly": sum((row.monthly_amount for row in figures.allocations if row.holds_on(today())), from_cents(0)),
            "years": years.values(),
            "total": figures.total(),
            "year": figures.in_year(year),
            "year_ends": last_day(add_months(year, 12)),
            "by_product": figures.by_product(year),
            "chart": allocated_and_spent(figures),
            "entries": entries[:LATEST],
            "entry_count": entries.count(),
            "history": histories.described_history(stream),
            "may_write": access.may_write(request.user, stream),
            "may_allocate": access.may_add(request.user, Allocation),
            "today": today(),
        },
    )


def _to_products(count: int) -> str:
    return f"to {count} product{'' if count == 1 else 's'}" if count else "to no product"


@get_or_post
def stream_add(request: HttpRequest) -> HttpResponse:
    """Add a stream."""
    pages.require_addable(request, FundingStream)
    form = FundingStreamForm(request.POST or None)
    return pages.save_form(
        request,
        form,
        FORM,
        to=FundingStream.get_absolute_url,
        title="Add a funding stream",
        kicker="Funding",
        intro="A stable source of money with a sponsor. Products are paid from it by allocations.",
        submit="Add",
        cancel=reverse("funding:stream-list"),
    )


@get_or_post
def stream_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a stream."""
    stream = get_object_or_404(FundingStream.objects.visible_to(request.user), code=code)
    pages.require_writable(request, stream)
    return pages.save_form(
        request,
        FundingStreamForm(request.POST or None, instance=stream),
        FORM,
        to=FundingStream.get_absolute_url,
        title=f"Change {stream.name}",
        kicker=f"Funding stream · {stream.code}",
        submit="Save",
        cancel=stream.get_absolute_url(),
    )


# -- Allocations --------------------------------------------------------------------------------------------


@require_safe
def allocation_list(request: HttpRequest) -> HttpResponseBase:
    """List the allocations of all streams."""
    allocations = Allocation.objects.visible_to(request.user).for_table()
    return pages.render_list(
        request,
        "funding/allocation_list.html",
        AllocationTable(request.GET, allocations),
        export=exports.ALLOCATIONS,
        may_add=access.may_add(request.user, Allocation),
    )


@require_GET
def allocation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an allocation and the rows it corrects or is corrected by."""
    allocation = get_object_or_404(Allocation.objects.visible_to(request.user), pk=pk)
    return pages.render_recorded(request, "funding/allocation_detail.html", allocation)


@get_or_post
def allocation_add(request: HttpRequest) -> HttpResponse:
    """Record an allocation."""
    pages.require_addable(request, Allocation)
    given = pages.rows_named(request, stream=FundingStream, product=Product)
    return pages.record_form(
        request,
        AllocationForm(request.POST or None, initial=given),
        FORM,
        to=lambda row: row.stream.get_absolute_url(),
        title="Allocate money",
        kicker=given["stream"].name if "stream" in given else "Funding",
        intro="So much a month from a stream to a product, in the stream's currency, until it is changed.",
        submit="Allocate",
        cancel=given["stream"].get_absolute_url() if "stream" in given else reverse("funding:allocation-list"),
    )


@get_or_post
def allocation_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an allocation."""
    allocation = get_object_or_404(Allocation.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        allocation,
        AllocationForm,
        FORM,
        to=Allocation.get_absolute_url,
        title="Correct this allocation",
        kicker=str(allocation),
        intro="If the amount changes from some day on, end this allocation there and record another one.",
        submit="Correct",
        cancel=allocation.get_absolute_url(),
    )


@get_or_post
def allocation_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract an allocation."""
    allocation = get_object_or_404(Allocation.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        allocation,
        CONFIRM,
        to=Allocation.get_absolute_url,
        title="Retract this allocation",
        kicker=str(allocation),
        what="It was never agreed. If it has ended, correct its end instead.",
        submit="Retract",
        cancel=allocation.get_absolute_url(),
    )


# -- Ledger entries --------------------------------------------------------------------------------------------


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
    return pages.render_recorded(request, "funding/ledger_entry_detail.html", entry)


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


# -- Exchange rates --------------------------------------------------------------------------------------------


@require_safe
def exchange_rate_list(request: HttpRequest) -> HttpResponseBase:
    """List the exchange rates."""
    rates = ExchangeRate.objects.visible_to(request.user).for_table()
    return pages.render_list(
        request,
        "funding/exchange_rate_list.html",
        ExchangeRateTable(request.GET, rates),
        export=exports.EXCHANGE_RATES,
        may_add=access.may_add(request.user, ExchangeRate),
    )


@require_GET
def exchange_rate_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an exchange rate and how many ledger entries are converted at it."""
    rate = get_object_or_404(ExchangeRate.objects.visible_to(request.user), pk=pk)
    converted = 0 if rate.retracted_at else rate.derived().count()
    return pages.render_recorded(request, "funding/exchange_rate_detail.html", rate, converted=converted)


@get_or_post
def exchange_rate_add(request: HttpRequest) -> HttpResponse:
    """Record an exchange rate."""
    pages.require_addable(request, ExchangeRate)
    given = {name: request.GET[name] for name in ("currency", "starts") if name in request.GET}
    return pages.record_form(
        request,
        ExchangeRateForm(request.POST or None, initial=given),
        FORM,
        to=ExchangeRate.get_absolute_url,
        title="Record an exchange rate",
        kicker="Exchange rates",
        submit="Record",
        cancel=reverse("funding:exchange-rate-list"),
    )


@get_or_post
def exchange_rate_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an exchange rate, and with it the ledger entries that are converted at it."""
    rate = get_object_or_404(ExchangeRate.objects.visible_to(request.user), pk=pk)
    return pages.correct_form(
        request,
        rate,
        ExchangeRateForm,
        FORM,
        to=ExchangeRate.get_absolute_url,
        title="Correct this exchange rate",
        kicker=str(rate),
        intro="Ledger entries converted at it are recorded again at the new rate; the old figures stay readable.",
        submit="Correct",
        cancel=rate.get_absolute_url(),
    )


@get_or_post
def exchange_rate_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract an exchange rate that no ledger entry needs."""
    rate = get_object_or_404(ExchangeRate.objects.visible_to(request.user), pk=pk)
    return pages.retract_form(
        request,
        rate,
        CONFIRM,
        to=ExchangeRate.get_absolute_url,
        title="Retract this exchange rate",
        kicker=str(rate),
        what="It was never the rate. Retracting is refused while a ledger entry is converted at it; correct it then.",
        submit="Retract",
        cancel=rate.get_absolute_url(),
    )
