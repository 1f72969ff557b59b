"""Pages of value: metrics, what was observed of them, and what a unit of each is worth."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, histories, pages
from portfolio.common.filters import MomentField
from portfolio.common.models import User
from products.catalog.models import Insight, Product
from products.value import exports
from products.value.exposure_marks import exposures_of
from products.value.filters import MetricTable, ObservationTable, ValuationTable
from products.value.forms import ConfirmationForm, MetricForm, ObservationForm, ValuationForm
from products.value.models import Confirmation, Exposure, Metric, Observation, Score, Valuation
from products.value.pictures import MOST_POINTS, observed, scored
from products.value.recognition_reading import LATEST as LATEST_CELEBRATIONS

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
LATEST = 12
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


# -- Metrics --------------------------------------------------------------------------------------------


@require_safe
def metric_list(request: HttpRequest) -> HttpResponseBase:
    """List the metrics: what was seen last, whether it is overdue, and what a unit is worth today."""
    metrics = Metric.objects.visible_to(request.user).for_table().with_state()
    return pages.render_list(
        request,
        "value/metric_list.html",
        MetricTable(request.GET, metrics.order_by("product__name", "name", "pk")),
        export=exports.METRICS,
        may_add=access.may_add(request.user, Metric),
    )


class MetricViewForm(forms.Form):
    """As known when a metric is shown."""

    known = MomentField()


@require_GET
def metric_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a metric: its observations as a picture, what a unit is worth and who says so."""
    form = MetricViewForm(request.GET)
    form.is_valid()
    known = form.cleaned_data.get("known")
    metrics = Metric.objects.visible_to(request.user).for_table().with_state(known=known)
    metric = get_object_or_404(metrics, code=code)
    observations = Observation.objects.known(known).filter(metric=metric).select_related("recorded_by")
    latest = list(observations.order_by("-starts", "-pk")[:MOST_POINTS])
    for row in latest:
        row.metric = metric
    valuations = list(Valuation.objects.known(known).filter(metric=metric).for_table(known).order_by("-starts"))
    exposures = exposures_of(metric, known=known)
    worth = metric.worth
    scores = Score.objects.known(known).filter(metric=metric).select_related("recorded_by").order_by("-starts", "-pk")
    asked = list(scores[:MOST_POINTS]) if metric.asks else []
    insights = Insight.objects.visible_to(request.user).known(known).filter(metric=metric)
    for score in asked:
        score.metric = metric
    return render(
        request,
        "value/metric_detail.html",
        {
            "insights": list(insights.for_table().latest_few()),
            "insight_count": insights.count(),
            "scores": asked[:LATEST],
            "score_count": scores.count() if metric.asks else 0,
            "score_chart": scored(metric, asked[::-1]) if asked else None,
            "may_score": bool(metric.asks) and access.may_write(request.user, Score(metric=metric)),
            "metric": metric,
            "form": form,
            "known": known,
            "latest": latest[:LATEST],
            "count": observations.count(),
            "chart": observed(metric, latest[::-1], baseline=worth.baseline if worth else None, exposures=exposures),
            "exposures": exposures,
            "worth": next((row for row in valuations if worth and row.pk == worth.pk), None),
            "valuations": valuations,
            "celebrations": list(metric.celebrations.visible_to(request.user).for_table()[:LATEST_CELEBRATIONS]),
            "history": histories.described_history(metric),
            "may_write": access.may_write(request.user, metric),
            "may_observe": access.may_write(request.user, Observation(metric=metric)),
            "may_expose": access.may_write(request.user, Exposure(product=metric.product)),
            "may_value": access.may_write(request.user, Valuation(metric=metric)),
        },
    )


@get_or_post
def metric_add(request: HttpRequest) -> HttpResponse:
    """Add a metric."""
    pages.require_addable(request, Metric)
    given = pages.rows_named(request, product=Product)
    product = given.get("product")
    return pages.save_form(
        request,
        MetricForm(request.POST or None, initial=given),
        FORM,
        to=Metric.get_absolute_url,
        title="Add a metric",
        kicker=product.name if product else "Metrics",
        intro="Something a customer, or the business, feels. What it means cannot change once it was observed.",
        submit="Add",
        cancel=product.get_absolute_url() if product else reverse("value:metric-list"),
    )


@get_or_post
def metric_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a metric."""
    metric = get_object_or_404(Metric.objects.visible_to(request.user).for_table(), code=code)
    pages.require_writable(request, metric)
    return pages.save_form(
        request,
        MetricForm(request.POST or None, instance=metric),
        FORM,
        to=Metric.get_absolute_url,
        title=f"Change {metric.name}",
        kicker=f"Metric · {metric.code}",
        submit="Save",
        cancel=metric.get_absolute_url(),
    )


# -- Observations -----------------------------------------------------------------------------------------


@require_safe
def observation_list(request: HttpRequest) -> HttpResponseBase:
    """List observations, of all metrics or of one."""
    return pages.render_list(
        request,
        "value/observation_list.html",
        ObservationTable(request.GET, Observation.objects.visible_to(request.user).for_table()),
        export=exports.OBSERVATIONS,
        may_add=access.may_add(request.user, Observation),
    )


@require_GET
def observation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an observation and its corrections; one that stands for a score is the score's to change."""
    observation = get_object_or_404(Observation.objects.visible_to(request.user), pk=pk)
    score = observation.score_of()
    locked = {"may_write": False} if score else {}
    return pages.render_recorded(request, "value/observation_detail.html", observation, score=score, **locked)


@get_or_post
def observation_add(request: HttpRequest) -> HttpResponse:
    """Record an observation."""
    pages.require_addable(request, Observation)
    given = pages.rows_named(request, metric=Metric)
    metric = given.get("metric")
    return pages.record_form(
        request,
        ObservationForm(request.POST or None, initial=given),
        FORM,
        to=lambda row: row.metric.get_absolute_url(),
        title="Record an observation",
        kicker=f"{metric} · {metric.code}" if metric else "Observations",
        submit="Record",
        cancel=metric.get_absolute_url() if metric else reverse("value:observation-list"),
    )


@get_or_post
def observation_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an observation."""
    observation = get_object_or_404(Observation.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        observation,
        ObservationForm,
        FORM,
        to=Observation.get_absolute_url,
        title="Correct this observation",
        kicker=str(observation),
        intro="The old value stays readable; figures follow the new one.",
        submit="Correct",
        cancel=observation.get_absolute_url(),
    )


@get_or_post
def observation_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract an observation."""
    observation = get_object_or_404(Observation.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        observation,
        CONFIRM,
        to=Observation.get_absolute_url,
        title="Retract this observation",
        kicker=str(observation),
        what="It was never observed. If the value was another one, correct it instead.",
        submit="Retract",
        cancel=observation.get_absolute_url(),
    )


# -- Valuations and who confirms them -----------------------------------------------------------------------


@require_safe
def valuation_list(request: HttpRequest) -> HttpResponseBase:
    """List what units are worth, on what evidence, and how many have confirmed it."""
    return pages.render_list(
        request,
        "value/valuation_list.html",
        ValuationTable(request.GET, Valuation.objects.visible_to(request.user).for_table()),
        export=exports.VALUATIONS,
        may_add=access.may_add(request.user, Valuation),
    )


def may_confirm(user: User, valuation: Valuation) -> bool:
    """Return whether `user` can add their word: roles, and a valuation that stands and is not their own."""
    return (
        valuation.retracted_at is None
        and valuation.recorded_by_id != user.pk
        and access.may_write(user, Confirmation(valuation=valuation))
        and not valuation.confirmations.known().filter(recorded_by=user).exists()
    )


@require_GET
def valuation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a valuation: its range, its evidence, who asserted it and who confirmed it."""
    valuation = get_object_or_404(Valuation.objects.visible_to(request.user), pk=pk)
    confirmations = Confirmation.objects.filter(valuation=valuation).select_related("recorded_by", "retracted_by")
    return pages.render_recorded(
        request,
        "value/valuation_detail.html",
        valuation,
        confirmations=confirmations.order_by("recorded_at", "pk"),
        may_confirm=may_confirm(request.user, valuation),
    )


@get_or_post
def valuation_add(request: HttpRequest) -> HttpResponse:
    """Record what a unit of a metric is worth."""
    pages.require_addable(request, Valuation)
    given = pages.rows_named(request, metric=Metric)
    metric = given.get("metric")
    return pages.record_form(
        request,
        ValuationForm(request.POST or None, initial=given),
        FORM,
        to=Valuation.get_absolute_url,
        title="Say what a unit is worth",
        kicker=f"{metric} · {metric.code}" if metric else "Worth",
        intro="As a 90% range, with what it rests on. Nobody can confirm their own word: someone else is asked to.",
        submit="Record",
        cancel=metric.get_absolute_url() if metric else reverse("value:valuation-list"),
    )


@get_or_post
def valuation_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a valuation; what was confirmed of the old one has to be confirmed again."""
    valuation = get_object_or_404(Valuation.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        valuation,
        ValuationForm,
        FORM,
        to=Valuation.get_absolute_url,
        title="Correct this worth",
        kicker=str(valuation),
        intro="For a worth that changes from some month on, end this one there and record another. Confirmations stay "
        "with the old row: the new one has to be confirmed again.",
        submit="Correct",
        cancel=valuation.get_absolute_url(),
    )


@get_or_post
def valuation_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a valuation; its metric counts as unvalued for its months."""
    valuation = get_object_or_404(Valuation.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        valuation,
        CONFIRM,
        to=Valuation.get_absolute_url,
        title="Retract this worth",
        kicker=str(valuation),
        what="Its metric is unvalued in these months then, and adds nothing to its product's value.",
        submit="Retract",
        cancel=valuation.get_absolute_url(),
    )


@get_or_post
def confirmation_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a valuation that someone else recorded."""
    valuation = get_object_or_404(Valuation.objects.visible_to(request.user).for_table(), pk=pk)
    confirmation = Confirmation(valuation=valuation)
    pages.require_writable(request, confirmation)
    if valuation.retracted_at:
        return pages.render_retracted(request, valuation)
    return pages.record_form(
        request,
        ConfirmationForm(request.POST or None, instance=confirmation),
        FORM,
        to=Confirmation.get_absolute_url,
        title="Confirm this worth",
        kicker=str(valuation),
        intro=f"{valuation.metric}: {valuation.range_text} {valuation.per}. {valuation.get_evidence_display()} by "
        f"{valuation.asserted_by}: {valuation.source}",
        submit="Confirm",
        cancel=valuation.get_absolute_url(),
    )


@get_or_post
def confirmation_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a confirmation back."""
    confirmation = get_object_or_404(Confirmation.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        confirmation,
        CONFIRM,
        to=Confirmation.get_absolute_url,
        title="Withdraw this confirmation",
        kicker=str(confirmation),
        what="The worth stays as it is, without this word for it.",
        submit="Withdraw",
        cancel=confirmation.get_absolute_url(),
    )
