"""Pages of scores: what customers answered, with how many they were and an interval."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, pages
from portfolio.common.models import User
from products.value import exports, score_actions
from products.value.models import Metric, Score
from products.value.score_filters import ScoreTable
from products.value.score_forms import ScoreForm

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def score_list(request: HttpRequest) -> HttpResponseBase:
    """List scores, of all metrics or of one."""
    return pages.render_list(
        request,
        "value/score_list.html",
        ScoreTable(request.GET, Score.objects.visible_to(request.user).for_table()),
        export=exports.SCORES,
        may_add=access.may_add(request.user, Score),
    )


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # whoever is not signed in does not get here


def _score(request: HttpRequest, pk: int) -> Score:
    return get_object_or_404(Score.objects.visible_to(request.user).for_table(), pk=pk)


@require_GET
def score_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a score with its interval, the observation that stands for it, and its corrections."""
    return pages.render_recorded(request, "value/score_detail.html", _score(request, pk))


@get_or_post
def score_add(request: HttpRequest) -> HttpResponse:
    """Record a score."""
    pages.require_addable(request, Score)
    given = pages.rows_named(request, metric=Metric)
    metric = given.get("metric")
    form = ScoreForm(request.POST or None, initial=given)
    done = None
    if request.method == "POST" and form.is_valid():
        done = pages.attempt(form, lambda: score_actions.record_score(form.instance, by=_user(request)))
    if done:
        messages.success(request, f"{done} is recorded.")
        pages.tell_what_follows(request, done.observation)
        return redirect(done)
    context = {
        "form": form,
        "title": "Record a score",
        "kicker": f"{metric} · {metric.code}" if metric else "Scores",
        "intro": "What customers answered, with how many they were: a mean alone hides that. Its value stands in the "
        "figures as an observation of the metric, on the last of its days.",
        "submit": "Record",
        "cancel": metric.get_absolute_url() if metric else reverse("value:score-list"),
    }
    return _show(request, context)


@get_or_post
def score_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a score, and its observation with it."""
    score = _score(request, pk)
    pages.require_writable(request, score)
    if score.retracted_at:
        return pages.render_retracted(request, score)
    form = pages.correction_of(ScoreForm)(request.POST or None, instance=Score.objects.get(pk=pk))

    def change() -> Score:
        reason = form.cleaned_data["reason"]
        return score_actions.correct_score(score, changes=form.given(), reason=reason, by=_user(request))

    words = f"{score} is corrected; the old row stays readable."
    context = {
        "form": form,
        "row": score,
        "title": "Correct this score",
        "kicker": str(score),
        "intro": "Its observation is corrected with it. The old row stays readable; figures follow the new one.",
        "submit": "Correct",
        "cancel": score.get_absolute_url(),
    }
    return _change(request, context, change, words)


@get_or_post
def score_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a score, and its observation with it."""
    score = _score(request, pk)
    pages.require_writable(request, score)
    if score.retracted_at:
        return pages.render_retracted(request, score)
    form = pages.ReasonForm(request.POST or None)

    def change() -> Score:
        return score_actions.retract_score(score, reason=form.cleaned_data["reason"], by=_user(request))

    context = {
        "form": form,
        "row": score,
        "title": "Retract this score",
        "kicker": str(score),
        "what": "Nobody answered so. Its observation is retracted with it.",
        "submit": "Retract",
        "cancel": score.get_absolute_url(),
    }
    return _change(request, context, change, f"{score} is retracted; it stays readable as it was known.", CONFIRM)


def _change(
    request: HttpRequest, context: dict, change: Callable[[], Score], words: str, template: str = FORM
) -> HttpResponse:
    form = context["form"]
    done = pages.attempt(form, change) if request.method == "POST" and form.is_valid() else None
    if done:
        messages.success(request, words)
        pages.tell_what_follows(request, done.observation)
        return redirect(done)
    return _show(request, context, template)


def _show(request: HttpRequest, context: dict, template: str = FORM) -> HttpResponse:
    form = context["form"]
    return render(request, template, context, status=422 if form.is_bound and form.errors else 200)
