"""Pages of the catalogue: products, value streams, segments, insights and assignments.

The page of one product reads across rooms and is in `portfolio.board`; what this room gives it is in `panels.py`.
"""

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, histories, pages
from products.catalog import exports
from products.catalog.filters import AssignmentTable, InsightTable, ProductTable, SegmentTable, ValueStreamFilter
from products.catalog.forms import AssignmentForm, InsightForm, ProductForm, SegmentForm, ValueStreamForm
from products.catalog.models import Assignment, Insight, Product, Segment, Theme, ValueStream
from teams.models import Team

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


# -- Products -------------------------------------------------------------------------------------------


@require_safe
def product_list(request: HttpRequest) -> HttpResponseBase:
    """List the products."""
    return pages.render_list(
        request,
        "catalog/product_list.html",
        ProductTable(request.GET, Product.objects.visible_to(request.user).for_table()),
        export=exports.PRODUCTS,
        may_add=access.may_add(request.user, Product),
    )


@get_or_post
def product_add(request: HttpRequest) -> HttpResponse:
    """Add a product."""
    pages.require_addable(request, Product)
    given = pages.rows_named(request, value_stream=ValueStream)
    stream = given.get("value_stream")
    return pages.save_form(
        request,
        ProductForm(request.POST or None, initial=given),
        FORM,
        to=Product.get_absolute_url,
        title="Add a product",
        kicker=stream.name if stream else "Products",
        intro="A durable capability with customers of its own; a project is something that such a product does.",
        submit="Add",
        cancel=stream.get_absolute_url() if stream else reverse("catalog:product-list"),
    )


@get_or_post
def product_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a product, or move it to another value stream."""
    product = get_object_or_404(Product.objects.visible_to(request.user), code=code)
    pages.require_writable(request, product)
    return pages.save_form(
        request,
        ProductForm(request.POST or None, instance=product),
        FORM,
        to=Product.get_absolute_url,
        title=f"Change {product.name}",
        kicker=f"Product · {product.code}",
        submit="Save",
        cancel=product.get_absolute_url(),
    )


# -- Value streams ----------------------------------------------------------------------------------------


@require_safe
def value_stream_list(request: HttpRequest) -> HttpResponseBase:
    """List the value streams as a tree."""
    filterset = ValueStreamFilter(request.GET, ValueStream.objects.visible_to(request.user))
    return pages.render_list(
        request,
        "catalog/value_stream_list.html",
        filterset,
        export=exports.VALUE_STREAMS,
        rows=filterset.qs.as_tree(),
        may_add=access.may_add(request.user, ValueStream),
    )


@require_safe
def value_stream_detail(request: HttpRequest, code: str) -> HttpResponseBase:
    """Show a value stream, the streams below it and all their products."""
    stream = get_object_or_404(ValueStream.objects.visible_to(request.user).for_table(), code=code)
    below = ValueStream.objects.subtree([stream.pk])
    products = Product.objects.visible_to(request.user).for_table().filter(value_stream__in=below)
    is_fragment = request.htmx and not request.htmx.history_restore_request
    return pages.render_list(
        request,
        "catalog/product_list.html" if is_fragment else "catalog/value_stream_detail.html",  # the same table
        ProductTable(request.GET, products),
        export=exports.PRODUCTS,
        stream=stream,
        line=(line := stream.line()),
        from_depth=len(line) + 1,
        streams=ValueStream.objects.visible_to(request.user).filter(pk__in=below - {stream.pk}).as_tree(),
        history=histories.described_history(stream),
        may_write=access.may_write(request.user, stream),
        may_add=access.may_write(request.user, Product(value_stream=stream)),
        may_add_stream=access.may_write(request.user, ValueStream(parent=stream)),
    )


@get_or_post
def value_stream_add(request: HttpRequest) -> HttpResponse:
    """Add a value stream."""
    pages.require_addable(request, ValueStream)
    given = pages.rows_named(request, parent=ValueStream)
    parent = given.get("parent")
    return pages.save_form(
        request,
        ValueStreamForm(request.POST or None, initial=given),
        FORM,
        to=ValueStream.get_absolute_url,
        title="Add a value stream",
        kicker=parent.name if parent else "Value streams",
        intro="A named grouping of products. Money and value add up along the tree.",
        submit="Add",
        cancel=parent.get_absolute_url() if parent else reverse("catalog:value-stream-list"),
    )


@get_or_post
def value_stream_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a value stream, or move it in the tree."""
    stream = get_object_or_404(ValueStream.objects.visible_to(request.user), code=code)
    pages.require_writable(request, stream)
    return pages.save_form(
        request,
        ValueStreamForm(request.POST or None, instance=stream),
        FORM,
        to=ValueStream.get_absolute_url,
        title=f"Change {stream.name}",
        kicker=f"Value stream · {stream.code}",
        submit="Save",
        cancel=stream.get_absolute_url(),
    )


# -- Segments -----------------------------------------------------------------------------------------------


@require_safe
def segment_list(request: HttpRequest) -> HttpResponseBase:
    """List customer segments, of all products or of one."""
    return pages.render_list(
        request,
        "catalog/segment_list.html",
        SegmentTable(request.GET, Segment.objects.visible_to(request.user).for_table()),
        export=exports.SEGMENTS,
        may_add=access.may_add(request.user, Segment),
    )


@require_GET
def segment_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a segment and what its customers said last."""
    segment = get_object_or_404(Segment.objects.visible_to(request.user).for_table(), code=code)
    insights = Insight.objects.visible_to(request.user).known().filter(segment=segment).for_table()
    return render(
        request,
        "catalog/segment_detail.html",
        {
            "segment": segment,
            "insights": insights.latest_few(),
            "history": histories.described_history(segment),
            "may_write": access.may_write(request.user, segment),
            "may_add_insight": access.may_write(request.user, Insight(product=segment.product)),
        },
    )


@get_or_post
def segment_add(request: HttpRequest) -> HttpResponse:
    """Add a segment."""
    pages.require_addable(request, Segment)
    given = pages.rows_named(request, product=Product)
    product = given.get("product")
    return pages.save_form(
        request,
        SegmentForm(request.POST or None, initial=given),
        FORM,
        to=Segment.get_absolute_url,
        title="Add a customer segment",
        kicker=product.name if product else "Customers",
        intro="Customers of one product who have something in common, and how many they are.",
        submit="Add",
        cancel=product.get_absolute_url() if product else reverse("catalog:segment-list"),
    )


@get_or_post
def segment_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a segment."""
    segment = get_object_or_404(Segment.objects.visible_to(request.user).select_related("product"), code=code)
    pages.require_writable(request, segment)
    return pages.save_form(
        request,
        SegmentForm(request.POST or None, instance=segment),
        FORM,
        to=Segment.get_absolute_url,
        title=f"Change {segment.name}",
        kicker=f"Customers of {segment.product}",
        submit="Save",
        cancel=segment.get_absolute_url(),
    )


# -- Insights -----------------------------------------------------------------------------------------------


@require_safe
def insight_list(request: HttpRequest) -> HttpResponseBase:
    """List what customers said and did, latest first."""
    return pages.render_list(
        request,
        "catalog/insight_list.html",
        InsightTable(request.GET, Insight.objects.visible_to(request.user).for_table()),
        export=exports.INSIGHTS,
        may_add=access.may_add(request.user, Insight),
    )


@require_GET
def insight_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an insight in full and the rows it corrects or is corrected by."""
    insight = get_object_or_404(Insight.objects.visible_to(request.user), pk=pk)
    return pages.render_recorded(request, "catalog/insight_detail.html", insight)


@get_or_post
def insight_add(request: HttpRequest) -> HttpResponse:
    """Record an insight."""
    pages.require_addable(request, Insight)
    about = {"metric": apps.get_model("value.Metric"), "journey": apps.get_model("health.Journey")}
    about |= {"segment": Segment, "theme": Theme, "item": apps.get_model("roadmaps.Item")}
    given = pages.rows_named(request, product=Product, team=Team, **about)
    for name in about:
        if name in given:
            given.setdefault("product", given[name].product)
    product = given.get("product")
    return pages.record_form(
        request,
        InsightForm(request.POST or None, initial=given),
        FORM,
        to=Insight.get_absolute_url,
        title="Record an insight",
        kicker=product.name if product else "Insights",
        intro="Something a customer said or did, with its day and a source that others can look up.",
        submit="Record",
        cancel=product.get_absolute_url() if product else reverse("catalog:insight-list"),
    )


@get_or_post
def insight_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an insight."""
    insight = get_object_or_404(Insight.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        insight,
        InsightForm,
        FORM,
        to=Insight.get_absolute_url,
        title="Correct this insight",
        kicker=f"{insight.product}, {insight.said_on:%Y-%m-%d}",
        submit="Correct",
        cancel=insight.get_absolute_url(),
    )


@get_or_post
def insight_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract an insight."""
    insight = get_object_or_404(Insight.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        insight,
        CONFIRM,
        to=Insight.get_absolute_url,
        title="Retract this insight",
        kicker=f"{insight.product}, {insight.said_on:%Y-%m-%d}",
        what="No customer said or did this.",
        submit="Retract",
        cancel=insight.get_absolute_url(),
    )


# -- Assignments ----------------------------------------------------------------------------------------------


@require_safe
def assignment_list(request: HttpRequest) -> HttpResponseBase:
    """List which products have which share of which team."""
    return pages.render_list(
        request,
        "catalog/assignment_list.html",
        AssignmentTable(request.GET, Assignment.objects.visible_to(request.user).for_table()),
        export=exports.ASSIGNMENTS,
        may_add=access.may_add(request.user, Assignment),
    )


@require_GET
def assignment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an assignment and the rows it corrects or is corrected by."""
    assignment = get_object_or_404(Assignment.objects.visible_to(request.user), pk=pk)
    return pages.render_recorded(request, "catalog/assignment_detail.html", assignment)


@get_or_post
def assignment_add(request: HttpRequest) -> HttpResponse:
    """Record an assignment."""
    pages.require_addable(request, Assignment)
    given = pages.rows_named(request, team=Team, product=Product)
    start = given.get("team") or given.get("product")
    return pages.record_form(
        request,
        AssignmentForm(request.POST or None, initial=given),
        FORM,
        to=Assignment.get_absolute_url,
        title="Assign a team to a product",
        kicker=start.name if start else "Assignments",
        intro="A share of what the team can do, from a day on. Its cost counts at the product in months for which "
        "the ledger has no labour.",
        submit="Assign",
        cancel=start.get_absolute_url() if start else reverse("catalog:assignment-list"),
    )


@get_or_post
def assignment_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an assignment."""
    assignment = get_object_or_404(Assignment.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        assignment,
        AssignmentForm,
        FORM,
        to=Assignment.get_absolute_url,
        title="Correct this assignment",
        kicker=str(assignment),
        intro="If the share changes from some day on, end this assignment there and record another one.",
        submit="Correct",
        cancel=assignment.get_absolute_url(),
    )


@get_or_post
def assignment_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract an assignment."""
    assignment = get_object_or_404(Assignment.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        assignment,
        CONFIRM,
        to=Assignment.get_absolute_url,
        title="Retract this assignment",
        kicker=str(assignment),
        what="The team never worked on it. If it has stopped, correct the end instead.",
        submit="Retract",
        cancel=assignment.get_absolute_url(),
    )
