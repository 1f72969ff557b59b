"""Pages of ideas: anyone proposes and supports them, and they are weighed in the open."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio.common import access, pages
from portfolio.common.errors import TwofoldError
from products.catalog.models import Insight
from products.roadmaps import idea_actions, review_exports
from products.roadmaps.idea_forms import AcceptForm, AnswerForm, IdeaForm, MergeForm
from products.roadmaps.models import Idea, IdeaStatus, Roadmap
from products.roadmaps.review_filters import IdeaTable

FORM = "components/page_form.html"
ANSWERED = 5  # of one's own ideas, told at the top of the list
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def idea_list(request: HttpRequest) -> HttpResponseBase:
    """List the ideas, of all roadmaps or of one; whoever had some reads first what became of them."""
    ideas = Idea.objects.visible_to(request.user)
    answered = ideas.filter(by=request.user).exclude(status=IdeaStatus.OPEN).select_related("decided_by", "roadmap")
    return pages.render_list(
        request,
        "roadmaps/idea_list.html",
        IdeaTable(request.GET, ideas.for_table(), request=request),
        export=review_exports.IDEAS,
        answered=answered.order_by("-decided_at", "-pk")[:ANSWERED],
    )


def _idea(request: HttpRequest, pk: int) -> Idea:
    return get_object_or_404(Idea.objects.visible_to(request.user).for_table(), pk=pk)


@require_safe
def idea_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an idea, who stands behind it, and what became of it and why."""
    idea = _idea(request, pk)
    supports = list(idea.supports.select_related("by"))
    return render(
        request,
        "roadmaps/idea_detail.html",
        {
            "idea": idea,
            "supports": supports,
            "is_mine": idea.by_id == request.user.pk,
            "has_supported": any(support.by_id == request.user.pk for support in supports),
            "merged": idea.merged.for_table(),
            "events": idea.events.select_related("by", "item", "merged_into"),
            "may_write": access.may_write(request.user, idea),
        },
    )


@get_or_post
def idea_add(request: HttpRequest) -> HttpResponse:
    """Propose an idea, perhaps from something that a customer said: `?roadmap=` and `?insight=` begin it."""
    roadmap = pages.rows_named(request, roadmap=Roadmap).get("roadmap")
    insight = _insight(request)
    if insight and not roadmap:
        roadmap = Roadmap.objects.visible_to(request.user).of_products([insight.product_id]).order_by("name").first()
    form = IdeaForm(request.POST or None, initial={"roadmap": roadmap, "insight": insight})
    if request.method == "POST" and form.is_valid():
        idea = pages.attempt(form, lambda: idea_actions.propose_idea(form.instance, by=request.user))
        if idea:
            messages.success(request, f"{idea} is proposed. You will read here what becomes of it.")
            return redirect(idea)
    return render(
        request,
        FORM,
        {
            "form": form,
            "title": "Propose an idea",
            "kicker": roadmap.name if roadmap else "Ideas",
            "intro": f"From what a customer said: “{insight.text}”"
            if insight
            else "Whoever owns the roadmap accepts it, merges it or declines it, with a reason that you will read.",
            "submit": "Propose",
            "cancel": reverse("roadmaps:idea-list") + (f"?roadmap={roadmap.code}" if roadmap else ""),
        },
        status=422 if request.method == "POST" else 200,
    )


def _insight(request: HttpRequest) -> Insight | None:
    text = request.GET.get("insight", "")
    if not text.isdecimal() or len(text) > 18:
        return None
    return Insight.objects.visible_to(request.user).known().filter(pk=int(text)).first()


# -- Standing behind one ----------------------------------------------------------------------------------------------


@require_POST
def idea_support(request: HttpRequest, pk: int) -> HttpResponse:
    """Stand behind an idea."""
    return _done(request, _idea(request, pk), idea_actions.support_idea, "You support this idea.")


@require_POST
def idea_unsupport(request: HttpRequest, pk: int) -> HttpResponse:
    """Stand behind an idea no longer."""
    return _done(request, _idea(request, pk), idea_actions.unsupport_idea, "You do not support this idea any more.")


def _done(request: HttpRequest, idea: Idea, change: Callable[..., Any], words: str) -> HttpResponse:
    try:
        change(idea, by=request.user)
    except (ValidationError, TwofoldError) as error:
        messages.error(request, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
    else:
        messages.success(request, words)
    return redirect(idea)


# -- Answering one ----------------------------------------------------------------------------------------------------


@get_or_post
def idea_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes to an idea."""
    return _answer(request, pk, AcceptForm, idea_actions.accept_idea, "Accept")


@get_or_post
def idea_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that an idea goes on in another one, or in an item."""
    return _answer(request, pk, MergeForm, idea_actions.merge_idea, "Merge")


@get_or_post
def idea_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no to an idea."""
    return _answer(request, pk, AnswerForm, idea_actions.decline_idea, "Decline")


@get_or_post
def idea_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a decided idea again."""
    return _answer(request, pk, AnswerForm, idea_actions.reopen_idea, "Open again")


def _answer(
    request: HttpRequest, pk: int, form_class: type[AnswerForm], change: Callable[..., Any], verb: str
) -> HttpResponse:
    idea = _idea(request, pk)
    pages.require_writable(request, idea)
    form = form_class(request.POST or None, idea=idea)
    if request.method == "POST" and form.is_valid():
        done = pages.attempt(form, lambda: change(idea, by=request.user, **form.cleaned_data))
        if done:
            messages.success(request, f"{idea}: {done.get_status_display().lower()}. {idea.by} will read why.")
            return redirect(done)
    return render(
        request,
        FORM,
        {
            "form": form,
            "title": f"{verb}: {idea}",
            "kicker": f"Idea of {idea.by} for {idea.roadmap}",
            "intro": idea.text,
            "submit": verb,
            "cancel": idea.get_absolute_url(),
        },
        status=422 if request.method == "POST" else 200,
    )
