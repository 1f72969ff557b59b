"""Pages of the history of funding."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from funding.histories import product_history
from funding.models import Allocation
from funding.pictures import funding_over_time
from portfolio.common import access
from portfolio.common.filters import MomentField
from products.catalog.models import Product


class KnownForm(forms.Form):
    """As known when."""

    known = MomentField()


@require_GET
def product(request: HttpRequest, code: str) -> HttpResponse:
    """Show how a product was funded: every change of it, since when, from what to what, by whom and why."""
    row = get_object_or_404(Product.objects.visible_to(request.user), code=code)
    form = KnownForm(request.GET)
    form.is_valid()
    known = form.cleaned_data.get("known")
    history = product_history(row, known)
    may_allocate = access.may_write(request.user, Allocation(product=row))
    return render(
        request,
        "funding/product.html",
        {
            "product": row,
            "form": form,
            "known": known,
            "history": history,
            "chart": funding_over_time(history),
            "standing": [
                allocation
                for allocation in Allocation.objects.known(known).filter(product=row).for_table()
                if allocation.holds_on(history.stability.on)
            ],
            "may_allocate": may_allocate,
            "add": f"{reverse('funding:allocation-add')}?product={row.code}",
        },
    )
