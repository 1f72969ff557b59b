"""Pages of the network: links between products, and the usage metered on them."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, pages
from portfolio.network import exports
from portfolio.network.filters import LinkTable, UsageTable
from portfolio.network.forms import LinkForm, UsageForm
from portfolio.network.models import Link, Usage
from products.catalog.models import Product

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
MONTHS = 24
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


# -- Links -------------------------------------------------------------------------------------------------


@require_safe
def network(request: HttpRequest) -> HttpResponseBase:
    """List who pulls from whom: agreed shares, and what was metered last."""
    filterset = LinkTable(request.GET, Link.objects.visible_to(request.user).for_table())
    rows = filterset.qs
    return pages.render_list(
        request,
        "network/link_list.html",
        filterset,
        export=exports.LINKS,
        rows=rows.with_use(filterset.form.cleaned_data.get("known")),
        may_add=access.may_add(request.user, Link),
    )


@require_GET
def link_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a link, its latest usage, and the rows it corrects or is corrected by."""
    link = get_object_or_404(Link.objects.visible_to(request.user), pk=pk)
    usage = Usage.objects.known().filter(supplier=link.supplier_id, consumer=link.consumer_id)
    return pages.render_recorded(
        request,
        "network/link_detail.html",
        link,
        usage=usage.with_total().order_by("-month")[:MONTHS],
        may_meter=access.may_write(request.user, Usage(supplier=link.supplier, consumer=link.consumer)),
    )


@get_or_post
def link_add(request: HttpRequest) -> HttpResponse:
    """Record a link."""
    pages.require_addable(request, Link)
    given = pages.rows_named(request, supplier=Product, consumer=Product)
    return pages.record_form(
        request,
        LinkForm(request.POST or None, initial=given),
        FORM,
        to=Link.get_absolute_url,
        title="Link two products",
        kicker="Network",
        intro="The consumer pulls a service from the supplier, and with it a part of the supplier's cost.",
        submit="Record",
        cancel=reverse("network:network"),
    )


@get_or_post
def link_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a link."""
    link = get_object_or_404(Link.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        link,
        LinkForm,
        FORM,
        to=Link.get_absolute_url,
        title="Correct this link",
        kicker=str(link),
        intro="If the share changes from some month on, end this link there and record another one.",
        submit="Correct",
        cancel=link.get_absolute_url(),
    )


@get_or_post
def link_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a link."""
    link = get_object_or_404(Link.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        link,
        CONFIRM,
        to=Link.get_absolute_url,
        title="Retract this link",
        kicker=str(link),
        what="It was never agreed. If it has ended, correct its end instead.",
        submit="Retract",
        cancel=link.get_absolute_url(),
    )


# -- Usage ---------------------------------------------------------------------------------------------------


@require_safe
def usage_list(request: HttpRequest) -> HttpResponseBase:
    """List the usage that was metered."""
    filterset = UsageTable(request.GET, Usage.objects.visible_to(request.user).for_table())
    rows = filterset.qs
    return pages.render_list(
        request,
        "network/usage_list.html",
        filterset,
        export=exports.USAGE,
        rows=rows.with_total(filterset.form.cleaned_data.get("known")),
        may_add=access.may_add(request.user, Usage),
    )


@require_GET
def usage_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was used in a month, beside what others used, and its corrections."""
    usage = get_object_or_404(Usage.objects.visible_to(request.user), pk=pk)
    together = Usage.objects.known().filter(supplier=usage.supplier_id, month=usage.month)
    rows = list(together.with_total().select_related("supplier", "consumer").order_by("-quantity", "pk"))
    return pages.render_recorded(
        request,
        "network/usage_detail.html",
        usage,
        together=rows,
        together_total=sum(row.quantity for row in rows),
    )


@get_or_post
def usage_add(request: HttpRequest) -> HttpResponse:
    """Record usage."""
    pages.require_addable(request, Usage)
    given = pages.rows_named(request, supplier=Product, consumer=Product)
    return pages.record_form(
        request,
        UsageForm(request.POST or None, initial=given),
        FORM,
        to=Usage.get_absolute_url,
        title="Record usage",
        kicker="Network",
        intro="Once usage is metered it decides how the supplier's cost and value are shared; agreed shares no "
        "longer do. Record what customers outside used as well, or all of the cost falls on the consumers inside.",
        submit="Record",
        cancel=reverse("network:usage-list"),
    )


@get_or_post
def usage_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct usage."""
    usage = get_object_or_404(Usage.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        usage,
        UsageForm,
        FORM,
        to=Usage.get_absolute_url,
        title="Correct this usage",
        kicker=str(usage),
        submit="Correct",
        cancel=usage.get_absolute_url(),
    )


@get_or_post
def usage_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract usage."""
    usage = get_object_or_404(Usage.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        usage,
        CONFIRM,
        to=Usage.get_absolute_url,
        title="Retract this usage",
        kicker=str(usage),
        what="It was never metered. If the quantity is wrong, correct it instead.",
        submit="Retract",
        cancel=usage.get_absolute_url(),
    )
