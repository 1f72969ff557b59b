"""Pages of closed months: which are, what came late for them, closing the next ones, and opening the last one again."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from funding.models import PeriodClose
from portfolio.common import access, pages
from portfolio.common.filters import MonthField
from portfolio.common.formats import month_name
from portfolio.common.months import add_months, month_of, today
from portfolio.rollup import closing, exports
from portfolio.rollup.closing_filters import PeriodCloseFilter

REOPENED_SHOWN = 12
PRODUCTS_SHOWN = 50

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


class CloseForm(forms.Form):
    """Which month to close."""

    month = MonthField(label="Close up to", help_text="The last month to close; earlier ones are closed with it.")
    note = forms.CharField(
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What is worth remembering about this close.",
    )


@require_safe
def close_list(request: HttpRequest) -> HttpResponseBase:
    """List the closed months with what they stand at and what came late for them since."""
    closes = PeriodClose.objects.visible_to(request.user)
    filterset = PeriodCloseFilter(request.GET, closes.for_table())
    through = closes.through()
    taken = closing.late_products(through) if through else []
    rows = list(filterset.qs)  # twelve a year
    since = closing.came_since(rows)
    for row in rows:
        row.since = since.get(row.pk)
    return pages.render_list(
        request,
        "rollup/close_list.html",
        filterset,
        rows=rows,
        export=exports.PERIOD_CLOSES,
        through=through,
        opens=add_months(through, 1) if through else None,
        taken=taken[:PRODUCTS_SHOWN],
        taken_cost=sum(one.ledger + one.labour for one in taken),
        taken_value=sum(one.value for one in taken),
        taken_more=max(0, len(taken) - PRODUCTS_SHOWN),
        reopened=closes.exclude(retracted_at=None).for_table()[:REOPENED_SHOWN],
        may_add=access.may_add(request.user, PeriodClose),
    )


@require_GET
def close_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a month was closed with, and what came late for it since."""
    close = get_object_or_404(PeriodClose.objects.visible_to(request.user).for_table(), pk=pk)
    is_last = close.retracted_at is None and close.month == PeriodClose.objects.through()
    late = closing.late_products(close.month, close.month) if close.retracted_at is None else []
    return render(
        request,
        "rollup/close_detail.html",
        {
            "row": close,
            "is_last": is_last,
            "may_write": close.retracted_at is None and access.may_write(request.user, close),
            "since": closing.came_since([close]).get(close.pk),
            "late": late[:PRODUCTS_SHOWN],
            "late_more": max(0, len(late) - PRODUCTS_SHOWN),
            "shares_since": closing.shares_since(close) if close.retracted_at is None else 0,
        },
    )


@get_or_post
def close_add(request: HttpRequest) -> HttpResponse:
    """Close months, having said which and what prevents it."""
    pages.require_addable(request, PeriodClose)
    last = add_months(month_of(today()), -1)
    form = CloseForm(request.POST or None, initial={"month": request.GET.get("month") or f"{last:%Y-%m}"})
    if request.method == "POST" and form.is_valid():
        closes = pages.attempt(form, lambda: closing.close_through(**form.cleaned_data, by=request.user))
        if closes:
            first, until = month_name(closes[0].month), month_name(closes[-1].month)
            said = (
                f"{first} is closed." if len(closes) == 1 else f"{first} to {until} are closed, {len(closes)} months."
            )
            messages.success(request, f"{said} What comes late for them counts in {month_name(closes[-1].next_month)}.")
            return redirect("closing:close-list")
    try:
        asked = form.fields["month"].clean(form["month"].value())
    except forms.ValidationError:
        asked = last
    return render(
        request,
        "rollup/close_form.html",
        {
            "form": form,
            "title": "Close months",
            "kicker": "Funding",
            "intro": "The figures of a closed month no longer move. What is recorded for it later counts in the first "
            "open month, and says so.",
            "submit": "Close",
            "cancel": reverse("closing:close-list"),
            "plan": closing.plan(asked),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@get_or_post
def close_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the last closed month again, and say why."""
    close = get_object_or_404(PeriodClose.objects.visible_to(request.user).for_table(), pk=pk)
    pages.require_writable(request, close)
    if close.retracted_at:
        return pages.render_retracted(request, close)
    form = pages.ReasonForm(request.POST or None)
    form.fields["reason"].help_text = "Stays readable beside the close."
    month, after = month_name(close.month), month_name(close.next_month)
    if request.method == "POST" and form.is_valid():
        done = pages.attempt(form, lambda: closing.reopen(close, reason=form.cleaned_data["reason"], by=request.user))
        if done:
            messages.success(request, f"{month} is open again. Its figures, and those of {after}, are worked out anew.")
            return redirect(close)
    return render(
        request,
        "components/page_confirm.html",
        {
            "form": form,
            "title": f"Open {month} again",
            "kicker": "Closed months",
            "what": f"What came late for {month} since then moves back into it, out of {after}. Both months' figures "
            "change. The close stays on record, with what the month stood at.",
            "submit": "Open again",
            "cancel": close.get_absolute_url(),
            "row": close,
        },
        status=422 if form.is_bound and form.errors else 200,
    )
