"""Pages of transfers between streams, and of what streams carry into the next fiscal year."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from funding import exports
from funding.commitment_filters import CarryForwardTable, TransferTable
from funding.commitment_forms import CarryForwardForm, TransferForm
from funding.models import CarryForward, FundingStream, Transfer
from funding.views.common import CONFIRM, FORM, get_or_post
from portfolio.common import access, pages


@require_safe
def transfer_list(request: HttpRequest) -> HttpResponseBase:
    """List the transfers."""
    rows = Transfer.objects.visible_to(request.user).for_table()
    return pages.render_list(
        request,
        "funding/transfer_list.html",
        TransferTable(request.GET, rows),
        export=exports.TRANSFERS,
        may_add=access.may_add(request.user, Transfer),
    )


@require_GET
def transfer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a transfer: from where to where, and why."""
    row = get_object_or_404(Transfer.objects.visible_to(request.user), pk=pk)
    return pages.render_recorded(request, "funding/transfer_detail.html", row)


@get_or_post
def transfer_add(request: HttpRequest) -> HttpResponse:
    """Record a transfer."""
    pages.require_addable(request, Transfer)
    given = pages.rows_named(request, from_stream=FundingStream, to_stream=FundingStream)
    return pages.record_form(
        request,
        TransferForm(request.POST or None, initial=given),
        FORM,
        to=Transfer.get_absolute_url,
        title="Record a transfer",
        kicker="Transfers",
        intro="Money that moves from one stream to another, once. What a stream pays products does not change by it.",
        submit="Record",
        cancel=reverse("funding:transfer-list"),
    )


@get_or_post
def transfer_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a transfer."""
    row = get_object_or_404(Transfer.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        row,
        TransferForm,
        FORM,
        to=Transfer.get_absolute_url,
        title="Correct this transfer",
        kicker=str(row),
        intro="If the money went back later, record a transfer the other way.",
        submit="Correct",
        cancel=row.get_absolute_url(),
    )


@get_or_post
def transfer_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a transfer."""
    row = get_object_or_404(Transfer.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        row,
        CONFIRM,
        to=Transfer.get_absolute_url,
        title="Retract this transfer",
        kicker=str(row),
        what="The money never moved. If it went back later, record a transfer the other way instead.",
        submit="Retract",
        cancel=row.get_absolute_url(),
    )


@require_safe
def carry_forward_list(request: HttpRequest) -> HttpResponseBase:
    """List what streams carried into the next fiscal year."""
    rows = CarryForward.objects.visible_to(request.user).for_table()
    return pages.render_list(
        request,
        "funding/carry_forward_list.html",
        CarryForwardTable(request.GET, rows),
        export=exports.CARRY_FORWARDS,
        may_add=access.may_add(request.user, CarryForward),
    )


@require_GET
def carry_forward_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was carried forward, and why."""
    row = get_object_or_404(CarryForward.objects.visible_to(request.user), pk=pk)
    return pages.render_recorded(request, "funding/carry_forward_detail.html", row)


@get_or_post
def carry_forward_add(request: HttpRequest) -> HttpResponse:
    """Record what a stream carries forward."""
    pages.require_addable(request, CarryForward)
    given = pages.rows_named(request, stream=FundingStream)
    return pages.record_form(
        request,
        CarryForwardForm(request.POST or None, initial=given),
        FORM,
        to=CarryForward.get_absolute_url,
        title="Carry money forward",
        kicker="Carried forward",
        intro="Money that a stream did not spend in a fiscal year, or spent too much, taken into the next one.",
        submit="Record",
        cancel=reverse("funding:carry-forward-list"),
    )


@get_or_post
def carry_forward_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what was carried forward."""
    row = get_object_or_404(CarryForward.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        row,
        CarryForwardForm,
        FORM,
        to=CarryForward.get_absolute_url,
        title="Correct what is carried forward",
        kicker=str(row),
        intro="The old amount stays readable; budgets follow the new one.",
        submit="Correct",
        cancel=row.get_absolute_url(),
    )


@get_or_post
def carry_forward_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract what was carried forward."""
    row = get_object_or_404(CarryForward.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        row,
        CONFIRM,
        to=CarryForward.get_absolute_url,
        title="Retract what is carried forward",
        kicker=str(row),
        what="It was never agreed to take this money into the next year.",
        submit="Retract",
        cancel=row.get_absolute_url(),
    )
