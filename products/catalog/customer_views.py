"""Pages of themes, of the public forms, and of the feedback that came in by them."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Avg, Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from portfolio.common import access, histories, pages
from portfolio.common.errors import TwofoldError
from portfolio.common.models import User
from portfolio.common.months import today
from products.catalog import exports, feedback_actions, theme_reading
from products.catalog.customer_filters import FeedbackFormTable, FeedbackTable, ThemeTable
from products.catalog.customer_forms import FeedbackFormForm, KeepForm, ThemeForm
from products.catalog.models import Feedback, FeedbackForm, FeedbackState, Insight, Product, Theme

FORM = "components/page_form.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


# -- Themes -------------------------------------------------------------------------------------------------


@require_safe
def theme_list(request: HttpRequest) -> HttpResponseBase:
    """List what customers say again and again, what most of them say first."""
    return pages.render_list(
        request,
        "catalog/theme_list.html",
        ThemeTable(request.GET, Theme.objects.visible_to(request.user).for_table()),
        export=exports.THEMES,
        may_add=access.may_add(request.user, Theme),
    )


@require_GET
def theme_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show how often a thing was said, by how many people, how and when, and what was said last."""
    theme = get_object_or_404(Theme.objects.visible_to(request.user).for_table(), code=code)
    insights = Insight.objects.visible_to(request.user).known().filter(theme=theme).for_table()
    return render(
        request,
        "catalog/theme_detail.html",
        {
            "theme": theme,
            "said": theme_reading.said(theme),
            "chart": theme_reading.by_month(theme, today()),
            "insights": insights.latest_few(),
            "history": histories.described_history(theme),
            "may_write": access.may_write(request.user, theme),
            "may_add_insight": access.may_write(request.user, Insight(product=theme.product)),
        },
    )


@get_or_post
def theme_add(request: HttpRequest) -> HttpResponse:
    """Add a theme."""
    pages.require_addable(request, Theme)
    given = pages.rows_named(request, product=Product)
    product = given.get("product")
    return pages.save_form(
        request,
        ThemeForm(request.POST or None, initial=given),
        FORM,
        to=Theme.get_absolute_url,
        title="Add a theme",
        kicker=product.name if product else "Themes",
        intro="What customers say again and again. Insights that name it are counted there, with how many people "
        "said them.",
        submit="Add",
        cancel=product.get_absolute_url() if product else reverse("catalog:theme-list"),
    )


@get_or_post
def theme_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a theme."""
    theme = get_object_or_404(Theme.objects.visible_to(request.user).select_related("product"), code=code)
    pages.require_writable(request, theme)
    return pages.save_form(
        request,
        ThemeForm(request.POST or None, instance=theme),
        FORM,
        to=Theme.get_absolute_url,
        title=f"Change {theme.name}",
        kicker=f"Theme of {theme.product}",
        submit="Save",
        cancel=theme.get_absolute_url(),
    )


# -- Forms --------------------------------------------------------------------------------------------------


@require_safe
def feedback_form_list(request: HttpRequest) -> HttpResponseBase:
    """List the public forms, with how much came in by each."""
    return pages.render_list(
        request,
        "catalog/feedback_form_list.html",
        FeedbackFormTable(request.GET, FeedbackForm.objects.visible_to(request.user).for_table()),
        export=exports.FEEDBACK_FORMS,
        may_add=access.may_add(request.user, FeedbackForm),
    )


@require_GET
def feedback_form_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a form's address, what came in by it and what it says, and what waits for an answer."""
    form = get_object_or_404(FeedbackForm.objects.visible_to(request.user).for_table(), code=code)
    counted = Feedback.objects.filter(form=form).exclude(state=FeedbackState.SPAM)
    may_read = access.may_write(request.user, Feedback(form=form))
    return render(
        request,
        "catalog/feedback_form_detail.html",
        {
            "form": form,
            "address": settings.TWOFOLD_URL + reverse("feedback:give", args=[form.code])
            if settings.TWOFOLD_URL
            else request.build_absolute_uri(reverse("feedback:give", args=[form.code])),
            "totals": counted.aggregate(
                count=Count("pk"),
                mean_satisfaction=Avg("satisfaction"),
                satisfied=Count("satisfaction"),
                mean_ease=Avg("ease"),
                eased=Count("ease"),
                answered=Count("is_done"),
                done=Count("pk", filter=Q(is_done=True)),
            ),
            "latest": counted.for_table().for_reader(request.user)[:10],
            "may_read": may_read,
            "may_write": access.may_write(request.user, form),
            "history": histories.described_history(form),
            "an_hour": settings.TWOFOLD_FEEDBACK_AN_HOUR,
            "a_minute": settings.TWOFOLD_FEEDBACK_A_MINUTE,
        },
    )


@get_or_post
def feedback_form_add(request: HttpRequest) -> HttpResponse:
    """Open a public form for a product."""
    pages.require_addable(request, FeedbackForm)
    given = pages.rows_named(request, product=Product)
    product = given.get("product")
    if product:
        given |= {"name": f"How was {product.name}?", "code": product.code}
    return pages.save_form(
        request,
        FeedbackFormForm(request.POST or None, initial=given),
        FORM,
        to=FeedbackForm.get_absolute_url,
        title="Ask customers by a form",
        kicker=product.name if product else "Feedback",
        intro="A page that everybody can open, without an account. It asks how satisfied they are, how easy it was, "
        "whether they did what they came for, and for their own words.",
        submit="Add",
        cancel=product.get_absolute_url() if product else reverse("catalog:feedback-form-list"),
    )


@get_or_post
def feedback_form_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a form, or close it."""
    forms = FeedbackForm.objects.visible_to(request.user).select_related("product")
    form = get_object_or_404(forms, code=code)
    pages.require_writable(request, form)
    return pages.save_form(
        request,
        FeedbackFormForm(request.POST or None, instance=form),
        FORM,
        to=FeedbackForm.get_absolute_url,
        title=f"Change {form.name}",
        kicker=f"Feedback on {form.product}",
        submit="Save",
        cancel=form.get_absolute_url(),
    )


# -- Feedback -------------------------------------------------------------------------------------------------


@require_safe
def feedback_list(request: HttpRequest) -> HttpResponseBase:
    """List what came in, latest first; the words are for those who answer for the product."""
    feedback = Feedback.objects.visible_to(request.user).for_table().for_reader(request.user)
    return pages.render_list(
        request, "catalog/feedback_list.html", FeedbackTable(request.GET, feedback), export=exports.FEEDBACK
    )


def _feedback(request: HttpRequest, pk: int) -> Feedback:
    return get_object_or_404(Feedback.objects.visible_to(request.user).for_table(), pk=pk)


@require_GET
def feedback_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a piece of feedback, and what became of it."""
    feedback = _feedback(request, pk)
    return render(
        request,
        "catalog/feedback_detail.html",
        {
            "feedback": feedback,
            "insight": Insight.objects.known().filter(feedback=feedback).first(),
            "may_write": access.may_write(request.user, feedback),
        },
    )


@get_or_post
def feedback_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a piece of feedback as an insight."""
    feedback = _feedback(request, pk)
    pages.require_writable(request, feedback)
    form = KeepForm(request.POST or None, feedback=feedback)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        text = given.pop("text")
        insight = pages.attempt(
            form, lambda: feedback_actions.keep(feedback, text=text, about=given, by=cast(User, request.user))
        )
        if insight:
            messages.success(request, "It is kept as an insight.")
            return redirect(insight)
    return render(
        request,
        FORM,
        {
            "form": form,
            "title": "Keep this as an insight",
            "kicker": f"Feedback on {feedback.form.product}",
            "intro": f"“{feedback.text}”" if feedback.text else "They gave answers and no words.",
            "submit": "Keep",
            "cancel": feedback.get_absolute_url(),
        },
        status=422 if request.method == "POST" else 200,
    )


def _put(request: HttpRequest, pk: int, change: Callable[..., Any], words: str) -> HttpResponse:
    feedback = _feedback(request, pk)
    pages.require_writable(request, feedback)
    try:
        change(feedback, by=request.user)
    except (ValidationError, TwofoldError) as error:
        messages.error(request, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
    else:
        messages.success(request, words)
    return redirect(feedback)


@require_POST
def feedback_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a piece of feedback aside."""
    return _put(request, pk, feedback_actions.set_aside, "It is set aside. Its answers still count in the scores.")


@require_POST
def feedback_spam(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that no customer sent it."""
    return _put(request, pk, feedback_actions.mark_as_spam, "It is spam, and counts nowhere.")
