"""Pages of elasticities."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, pages
from portfolio.rebalance import exports
from portfolio.rebalance.filters import ElasticityTable
from portfolio.rebalance.forms import ElasticityForm
from portfolio.rebalance.models import Elasticity
from products.catalog.models import Product, Stage

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def elasticity_list(request: HttpRequest) -> HttpResponseBase:
    """List how much more value more money brings, of which product and by default of which stage."""
    filterset = ElasticityTable(request.GET, Elasticity.objects.visible_to(request.user).for_table())
    return pages.render_list(
        request,
        "rebalance/elasticity_list.html",
        filterset,
        export=exports.ELASTICITIES,
        may_add=access.may_add(request.user, Elasticity),
    )


@require_GET
def elasticity_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an elasticity, what it rests on, and the rows it corrects or is corrected by."""
    row = get_object_or_404(Elasticity.objects.visible_to(request.user), pk=pk)
    return pages.render_recorded(request, "rebalance/elasticity_detail.html", row)


@get_or_post
def elasticity_add(request: HttpRequest) -> HttpResponse:
    """Record an elasticity."""
    pages.require_addable(request, Elasticity)
    given = pages.rows_named(request, product=Product)
    if request.GET.get("stage") in Stage.values:
        given["stage"] = request.GET["stage"]
    return pages.record_form(
        request,
        ElasticityForm(request.POST or None, initial=given),
        FORM,
        to=Elasticity.get_absolute_url,
        title="State an elasticity",
        kicker="Rebalance",
        intro="By how many percent value grows for one percent more money. A wide range that is honest is worth more "
        "than a narrow one: the range of every predicted gain comes from it.",
        submit="Record",
        cancel=reverse("rebalance:elasticity-list"),
    )


@get_or_post
def elasticity_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an elasticity."""
    row = get_object_or_404(Elasticity.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        row,
        ElasticityForm,
        FORM,
        to=Elasticity.get_absolute_url,
        title="Correct this elasticity",
        kicker=str(row),
        intro="What was learned since replaces it; decisions keep what was known when they were proposed.",
        submit="Correct",
        cancel=row.get_absolute_url(),
    )


@get_or_post
def elasticity_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract an elasticity."""
    row = get_object_or_404(Elasticity.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        row,
        CONFIRM,
        to=Elasticity.get_absolute_url,
        title="Retract this elasticity",
        kicker=str(row),
        what="It rests on nothing. Without one, and without changes of its money to estimate one from, a product "
        "keeps its money in every suggestion.",
        submit="Retract",
        cancel=row.get_absolute_url(),
    )
