"""Pages of commitments."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from funding import exports
from funding.commitment_filters import CommitmentTable
from funding.commitment_forms import CommitmentForm
from funding.models import Commitment, FundingStream
from funding.views.common import CONFIRM, FORM, get_or_post
from portfolio.common import access, pages
from portfolio.common.spreading import amounts_by_month
from products.catalog.models import Product


@require_safe
def commitment_list(request: HttpRequest) -> HttpResponseBase:
    """List the commitments."""
    rows = Commitment.objects.visible_to(request.user).for_table()
    return pages.render_list(
        request,
        "funding/commitment_list.html",
        CommitmentTable(request.GET, rows),
        export=exports.COMMITMENTS,
        may_add=access.may_add(request.user, Commitment),
    )


@require_GET
def commitment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a commitment: what was agreed, how it falls due by month, and its corrections."""
    row = get_object_or_404(Commitment.objects.visible_to(request.user), pk=pk)
    parts = amounts_by_month(row.base_amount, row.starts, row.ends)
    return pages.render_recorded(request, "funding/commitment_detail.html", row, parts=parts.items())


@get_or_post
def commitment_add(request: HttpRequest) -> HttpResponse:
    """Record a commitment."""
    pages.require_addable(request, Commitment)
    given = pages.rows_named(request, stream=FundingStream, product=Product)
    return pages.record_form(
        request,
        CommitmentForm(request.POST or None, initial=given),
        FORM,
        to=Commitment.get_absolute_url,
        title="Record a commitment",
        kicker="Commitments",
        intro="A cost that is agreed and not in the books yet. It counts in the forecast until the books have it.",
        submit="Record",
        cancel=reverse("funding:commitment-list"),
    )


@get_or_post
def commitment_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a commitment, or say that the books have it now."""
    row = get_object_or_404(Commitment.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        row,
        CommitmentForm,
        FORM,
        to=Commitment.get_absolute_url,
        title="Correct this commitment",
        kicker=str(row),
        intro="Once its ledger entries are in the books, say since when: the commitment then counts no longer.",
        submit="Correct",
        cancel=row.get_absolute_url(),
    )


@get_or_post
def commitment_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a commitment."""
    row = get_object_or_404(Commitment.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        row,
        CONFIRM,
        to=Commitment.get_absolute_url,
        title="Retract this commitment",
        kicker=str(row),
        what="It is agreed no longer, or never was. If the books have it now, correct it to say since when instead.",
        submit="Retract",
        cancel=row.get_absolute_url(),
    )
