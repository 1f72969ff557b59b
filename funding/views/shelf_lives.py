"""The page of renewals against money."""

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from funding import shelf_life as reading
from funding.shelf_life_exports import SHELF_LIFE
from funding.shelf_life_filters import ShelfLifeFilter
from funding.shelf_life_pictures import renewals_by_quarter
from portfolio.common import exports, pages
from portfolio.common.months import today
from products.catalog.models import Product


@require_safe
def shelf_life(request: HttpRequest) -> HttpResponseBase:
    """Show what ends its support in the next three years, by quarter, against the money that is set aside for it.

    `?format=csv` gives each quarter of each product as a file.
    """
    filterset = ShelfLifeFilter(request.GET, Product.objects.visible_to(request.user))
    is_right = filterset.is_valid()
    found = reading.shelf_life(today(), filterset.chosen if is_right else None)
    file = exports.asked_for(request)
    if file and is_right:
        return pages.file_of(request, SHELF_LIFE, found.flat(), file, filterset.form.fields)
    page = Paginator(found.products, pages.PAGE_SIZE).get_page(request.GET.get("page"))
    page.has_files = True
    return render(
        request,
        "funding/shelf_life.html",
        {
            "filter": filterset,
            "found": found,
            "page": page,
            "only": found.products[0] if len(found.products) == 1 else None,
            "chart": renewals_by_quarter(found),
        },
        status=400 if file or not is_right else 200,
    )
