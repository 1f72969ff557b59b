"""Pages of allocations."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from funding import exports
from funding.filters import AllocationTable
from funding.forms import AllocationForm
from funding.models import Allocation, FundingStream
from funding.views.common import CONFIRM, FORM, get_or_post
from portfolio.common import access, pages
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
