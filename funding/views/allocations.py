"""Pages of allocations."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from funding import exports
from funding.actions import change_allocation
from funding.filters import AllocationTable
from funding.forms import AllocationChangeForm, AllocationForm
from funding.models import Allocation, FundingStream
from funding.views.common import CONFIRM, FORM, get_or_post
from portfolio.common import access, formats, pages
from portfolio.common.months import add_months, month_of, today
from products.catalog.models import Product


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
def allocation_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay a different amount from a day on, or stop."""
    allocation = get_object_or_404(Allocation.objects.visible_to(request.user).for_table(), pk=pk)
    pages.require_writable(request, allocation)
    if allocation.retracted_at:
        return pages.render_retracted(request, allocation)
    begin = {"starts": max(add_months(month_of(today()), 1), allocation.starts)}
    form = AllocationChangeForm(request.POST or None, allocation=allocation, initial=begin)
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("monthly_amount", "starts", "why")}
        recorded = pages.attempt(form, lambda: change_allocation(allocation, **asked, by=request.user))
        if recorded:
            messages.success(request, "The change is recorded; the old amount stays readable.")
            return redirect(recorded[-1].get_absolute_url())
        if recorded is not None:
            messages.info(request, "Nothing changed: that is what it is paid already.")
            return redirect(allocation.get_absolute_url())
    context = {
        "form": form,
        "title": "Change from a day on",
        "kicker": str(allocation),
        "intro": f"What is allocated now, {formats.period(allocation.starts, allocation.ends)}, ends on that day, and "
        "the new amount goes on without an end.",
        "submit": "Change",
        "cancel": allocation.get_absolute_url(),
    }
    return render(request, FORM, context, status=422 if form.is_bound and form.errors else 200)


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
        intro="Something was recorded wrongly. If the amount changes from some day on, use “Change from a day on”.",
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
