"""Pages of reviews: the agenda, the same for everyone, and what was said and decided."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio.common import access, pages
from portfolio.common.errors import TwofoldError
from portfolio.common.months import today
from products.roadmaps import documents, review_exports
from products.roadmaps.agenda import Agenda, agenda_of
from products.roadmaps.models import Review, Roadmap
from products.roadmaps.review_actions import hold_review, settle_decision
from products.roadmaps.review_filters import ReviewTable
from products.roadmaps.review_forms import KnownForm, NewReviewForm, ReviewForm

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


# -- The agenda -------------------------------------------------------------------------------------------------------


def _roadmap(request: HttpRequest, code: str) -> Roadmap:
    return get_object_or_404(Roadmap.objects.visible_to(request.user).with_review(), code=code)


@require_safe
def roadmap_agenda(request: HttpRequest, code: str) -> HttpResponse:
    """Show the agenda of a roadmap's next review; `?format=md` gives it as Markdown."""
    roadmap = _roadmap(request, code)
    form = KnownForm(request.GET)
    if not form.is_valid():
        context = {"roadmap": roadmap, "form": form}
        return render(request, "roadmaps/roadmap_agenda.html", context, status=400)
    agenda = agenda_of(roadmap, known=form.cleaned_data["known"])
    match request.GET.get("format"):
        case "md":
            name = documents.file_name(["agenda", roadmap.code, f"{agenda.on}"], "md")
            text = documents.as_markdown(documents.agenda_paper(roadmap, agenda))
            return _file(text.encode(), "text/markdown; charset=utf-8", name)
        case None | "":
            pass
        case other:
            raise Http404(f"There is no format {other!r}; ask for md, or for the page.")
    return render(
        request,
        "roadmaps/roadmap_agenda.html",
        {
            "roadmap": roadmap,
            "form": form,
            "agenda": agenda,
            "about": documents.agenda_about(agenda),
            "reviews": Review.objects.known().filter(roadmap=roadmap).for_table()[:5],
            "may_write": access.may_write(request.user, Review(roadmap=roadmap)),
        },
    )


@require_safe
def roadmap_agenda_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """Give the agenda of a roadmap's next review as a PDF."""
    roadmap = _roadmap(request, code)
    form = KnownForm(request.GET)
    if not form.is_valid():
        raise Http404(" ".join(form.errors["known"]))
    agenda = agenda_of(roadmap, known=form.cleaned_data["known"])
    name = documents.file_name(["agenda", roadmap.code, f"{agenda.on}"], "pdf")
    return _file(documents.as_pdf(documents.agenda_paper(roadmap, agenda)), "application/pdf", name)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


# -- Reviews ----------------------------------------------------------------------------------------------------------


@require_safe
def review_list(request: HttpRequest) -> HttpResponseBase:
    """List the reviews, of all roadmaps or of one."""
    return pages.render_list(
        request,
        "roadmaps/review_list.html",
        ReviewTable(request.GET, Review.objects.visible_to(request.user).for_table()),
        export=review_exports.REVIEWS,
        overdue=Roadmap.objects.visible_to(request.user).overdue(),
        may_add=access.may_add(request.user, Review),
    )


def _review(request: HttpRequest, pk: int) -> Review:
    return get_object_or_404(Review.objects.visible_to(request.user).select_related("roadmap", "baseline"), pk=pk)


@require_safe
def review_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a review: the agenda as it was, what was said, and what was decided."""
    review = _review(request, pk)
    agenda = Agenda.from_json(review.agenda)
    return pages.render_recorded(
        request,
        "roadmaps/review_detail.html",
        review,
        agenda=agenda,
        about=documents.agenda_about(agenda) if agenda else [],
    )


@require_safe
def review_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the minutes of a review, with its agenda, as a PDF."""
    review = _review(request, pk)
    name = documents.file_name(["review", review.roadmap.code, f"{review.held_on}"], "pdf")
    return _file(documents.as_pdf(documents.minutes_paper(review)), "application/pdf", name)


@get_or_post
def review_add(request: HttpRequest) -> HttpResponse:
    """Record a review that was held."""
    pages.require_addable(request, Review)
    roadmap = pages.rows_named(request, roadmap=Roadmap).get("roadmap")
    form = NewReviewForm(request.POST or None, initial={"roadmap": roadmap, "held_on": today()})
    form.fields["roadmap"].queryset = access.writable(Roadmap.objects.visible_to(request.user), request.user).order_by(
        "name", "pk"
    )
    if request.method == "POST" and form.is_valid():
        review = pages.attempt(form, lambda: hold_review(form.instance, by=request.user))
        if review:
            messages.success(request, f"{review} is recorded, with its agenda as it was.")
            return redirect(review)
    listed = reverse("roadmaps:review-list")
    return render(
        request,
        FORM,
        {
            "form": form,
            "title": "Record a review",
            "kicker": roadmap.name if roadmap else "Reviews",
            "intro": "The agenda of that day is kept with it, as everyone saw it.",
            "submit": "Record",
            "cancel": reverse("roadmaps:roadmap-agenda", args=[roadmap.code]) if roadmap else listed,
        },
        status=422 if request.method == "POST" else 200,
    )


@get_or_post
def review_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what was written of a review; its agenda stays as it was."""
    review = _review(request, pk)
    return pages.correct_form(
        request,
        review,
        ReviewForm,
        FORM,
        to=Review.get_absolute_url,
        title="Correct this review",
        kicker=str(review),
        intro="What was written before stays readable, and the agenda stays as it was that day.",
        submit="Correct",
        cancel=review.get_absolute_url(),
    )


@get_or_post
def review_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a review."""
    review = _review(request, pk)
    return pages.retract_form(
        request,
        review,
        CONFIRM,
        to=Review.get_absolute_url,
        title="Retract this review",
        kicker=str(review),
        what="It was never held. If something else was said, correct it instead.",
        submit="Retract",
        cancel=review.get_absolute_url(),
    )


@require_POST
def review_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a decision of a review is done."""
    review = _review(request, pk)
    pages.require_writable(request, review)
    text = request.POST.get("number", "")
    number = int(text) if text.isdecimal() and len(text) < 5 else 0
    try:
        new = settle_decision(review, number=number, by=request.user)
    except (ValidationError, TwofoldError) as error:
        messages.error(request, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
        return redirect(review)
    messages.success(request, "Marked as done; the review as it was before stays readable.")
    return redirect(new)
