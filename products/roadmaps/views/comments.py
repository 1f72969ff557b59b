"""Pages of comments: the list of a roadmap's, saying something, and settling what was said."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio.common import pages
from portfolio.common.errors import NotAllowed, TwofoldError
from products.roadmaps import comment_actions
from products.roadmaps.agreement_exports import COMMENTS
from products.roadmaps.agreement_filters import CommentTable
from products.roadmaps.comment_forms import CommentForm
from products.roadmaps.models import Comment, Roadmap
from products.roadmaps.views.baselines import roadmap_named

ABOUT = ("item", "baseline", "figure", "answers", "next")


@require_safe
def comment_list(request: HttpRequest, code: str) -> HttpResponseBase:
    """List what was said about a roadmap and all that is on it, latest first."""
    roadmap = roadmap_named(request, code)
    rows = Comment.objects.visible_to(request.user).filter(roadmap=roadmap).for_table().order_by("-at", "-pk")
    filterset = CommentTable(request.GET, rows, request=request)
    return pages.render_list(request, "roadmaps/comment_list.html", filterset, export=COMMENTS, roadmap=roadmap)


@require_http_methods(["GET", "HEAD", "POST"])
def comment_add(request: HttpRequest, code: str) -> HttpResponse:
    """Say something about a roadmap, or what the address or the form says that it is about."""
    roadmap = roadmap_named(request, code)
    pages.require_addable(request, Comment)
    if request.method == "POST":
        form = CommentForm(request.POST, roadmap=roadmap)
    else:
        form = CommentForm(roadmap=roadmap, initial={name: request.GET.get(name, "") for name in ABOUT})
    if request.method == "POST" and form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "next"}
        said = pages.attempt(form, lambda: comment_actions.add_comment(roadmap, by=request.user, **given))
        if said:
            messages.success(request, "Your comment is there.")
            for name in said.unknown:
                messages.info(request, f"Nobody here has the account @{name}, so nobody is asked by that name.")
            return redirect(_back(request, said.comment))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    about = _about(roadmap, request)
    title = "Answer" if about["answers"] else "Comment"
    context = {
        "roadmap": roadmap,
        "form": form,
        "about": about,
        "title": title,
        "submit": title,
        "cancel": reverse("roadmaps:comment-list", args=[roadmap.code]),
    }
    return render(request, "roadmaps/comment_form.html", context, status=status)


def _about(roadmap: Roadmap, request: HttpRequest) -> dict:
    """Return what is commented on and what is answered, to be shown above the form."""
    asked = request.POST if request.method == "POST" else request.GET
    form = CommentForm(asked, roadmap=roadmap)
    form.is_valid()
    return {name: form.cleaned_data.get(name) for name in ("item", "baseline", "figure", "answers")}


@require_POST
def comment_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that what a comment asks is settled."""
    return _settle(request, pk, comment_actions.resolve_comment)


@require_POST
def comment_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that it is not settled after all."""
    return _settle(request, pk, comment_actions.reopen_comment)


def _settle(request: HttpRequest, pk: int, change: Callable[..., Comment]) -> HttpResponse:
    rows = Comment.objects.visible_to(request.user).select_related("roadmap", "item", "baseline")
    comment = get_object_or_404(rows, pk=pk)
    try:
        change(comment, by=request.user)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except TwofoldError as error:
        messages.error(request, str(error))
    return redirect(_back(request, comment))


def _back(request: HttpRequest, comment: Comment) -> str:
    """Return the page that the reader came from, if it is one of ours, or else the one that the comment is on."""
    asked = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return f"{asked.partition('#')[0]}#comment-{comment.pk}" if asked and is_ours else comment.get_absolute_url()
