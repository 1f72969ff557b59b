"""Pages of funding streams."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET, require_POST, require_safe

from funding import exports, stability
from funding.actions import mark_reviewed
from funding.figures import stream_figures
from funding.filters import FundingStreamTable
from funding.forms import FundingStreamForm
from funding.histories import stream_events
from funding.models import Allocation, FundingStream, LedgerEntry
from funding.pictures import allocated_and_spent
from funding.views.common import FORM, get_or_post
from portfolio.common import access, histories, pages
from portfolio.common.filters import MomentField
from portfolio.common.formats import day_name
from portfolio.common.months import add_months, fiscal_year, fiscal_year_name, last_day, today
from portfolio.common.spreading import from_cents

LATEST = 10


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
        stabilities=SimpleLazyObject(lambda: stability.of_streams(filterset.qs)),
        may_add=access.may_add(request.user, FundingStream),
    )


class StreamViewForm(forms.Form):
    """Which fiscal year of a stream to show, and as known when."""

    year = forms.ChoiceField(required=False, label="Fiscal year")
    known = MomentField()


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
    events = stream_events(stream, known)
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
            "stability": stability.of_streams([stream], known)[stream.pk],
            "events": events[:LATEST],
            "event_count": len(events),
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


@require_POST
def stream_review(request: HttpRequest, code: str) -> HttpResponse:
    """Mark a stream as reviewed today."""
    stream = get_object_or_404(FundingStream.objects.visible_to(request.user), code=code)
    pages.require_writable(request, stream)
    try:
        mark_reviewed(stream, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{stream} is reviewed; its next review is due {day_name(stream.review_due)}.")
    return redirect(stream.get_absolute_url())


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
