"""The public form of a product: no account, no cookie, no script, and nothing shown but the form itself."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from products.catalog import feedback_actions
from products.catalog.feedback_rules import LONGEST, looks_like_spam
from products.catalog.models import Feedback, FeedbackForm

SALT = "catalog.feedback"
MOST_BYTES = 32_000  #: of all that is sent: the text, at four bytes a character, and the rest
FORM_TYPE = "application/x-www-form-urlencoded"
CONSENT = "You may quote my words. Nobody will know that they are mine."


def _scale(label: str, least: str, most: str) -> forms.TypedChoiceField:
    """Return a question that is answered by 1 to 5, with what the ends mean in the names of their buttons."""
    ends = {1: f"1, {least}", 5: f"5, {most}"}
    choices = [(number, ends.get(number, str(number))) for number in range(1, 6)]
    return forms.TypedChoiceField(
        label=label, choices=choices, coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )


class AnswerForm(forms.Form):
    """What a customer is asked: three questions and their own words, none of which they have to answer."""

    satisfaction = _scale("How satisfied are you?", "very dissatisfied", "very satisfied")
    ease = _scale("How easy was it?", "very hard", "very easy")
    is_done = forms.TypedChoiceField(
        label="Did you do what you came for?",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda word: word == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label="What should we know?",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Please leave out names, addresses and numbers of accounts.",
    )
    may_quote = forms.BooleanField(label=CONSENT, required=False)
    # People do not see it: whatever fills in every field it finds does.
    website = forms.CharField(label="Leave this empty", required=False, max_length=500)
    token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        """Ask for at least one answer."""
        given = super().clean() or {}
        said = (given.get("satisfaction"), given.get("ease"), given.get("is_done"), given.get("text") or None)
        if not self.errors and all(one is None for one in said):
            raise forms.ValidationError("Nothing is answered yet. Answer at least one question, then send it.")
        return given


class Opened:
    """What a form that was handed out says of itself: which form it is, when it was opened, and its own key."""

    def __init__(self, key: str, seconds: float):
        self.key, self.seconds = key, seconds

    @staticmethod
    def token(form: FeedbackForm) -> str:
        """Return the signed token of a form that is opened now. No cookie is set for it."""
        return signing.dumps([form.code, uuid4().hex, timezone.now().timestamp()], salt=SALT)

    @classmethod
    def read(cls, token: str, form: FeedbackForm) -> "Opened | None":
        """Return what a token says; None where it is none of ours, of another form, or too old."""
        try:
            code, key, opened_at = signing.loads(token, salt=SALT, max_age=LONGEST)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return cls(key, timezone.now().timestamp() - opened_at) if code == form.code else None


@csrf_exempt  # there is no session to ride on: the signed token says that the form was opened here
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, code: str) -> HttpResponse:
    """Ask a customer how it went, and take what they say once."""
    form = get_object_or_404(FeedbackForm.objects.select_related("product"), code=code)
    if not form.is_open:
        return _say(request, form, "is_closed", status=HTTPStatus.GONE)
    if request.method != "POST":
        return _ask(request, form, AnswerForm(initial={"token": Opened.token(form)}))
    if too_large := _too_large(request):
        return _say(request, form, "is_too_large", status=too_large)
    answers = AnswerForm(request.POST)
    opened = Opened.read(request.POST.get("token", ""), form)
    if opened is None:
        answers.add_error(None, "This form was open for too long. What you wrote is still here: send it again.")
        return _ask(request, form, _handed_out_again(answers, form))
    if not answers.is_valid():
        return _ask(request, form, answers)
    try:
        _take(request, form, opened, answers.cleaned_data)
    except feedback_actions.TooMuchFeedback as error:
        return _refuse(request, form, answers, error)
    except feedback_actions.FormIsClosed:  # meanwhile
        return _say(request, form, "is_closed", status=HTTPStatus.GONE)
    except ValidationError as error:
        answers.add_error(None, error.messages)
        return _ask(request, form, answers)
    return redirect("feedback:thanks", code=form.code)


def _take(request: HttpRequest, form: FeedbackForm, opened: Opened, given: dict[str, Any]) -> Feedback:
    return feedback_actions.take(
        form,
        given,
        key=opened.key,
        address=request.META.get("REMOTE_ADDR") or "",
        is_spam=looks_like_spam(given["text"], trap=given["website"], seconds=opened.seconds),
        consent=CONSENT,
    )


def _too_large(request: HttpRequest) -> int:
    """Return the status of what is not read at all: of an unknown length, too long, or no plain form; 0 if none."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        return HTTPStatus.LENGTH_REQUIRED
    if int(length) > MOST_BYTES:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return 0 if request.content_type == FORM_TYPE else HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def _handed_out_again(answers: AnswerForm, form: FeedbackForm) -> AnswerForm:
    """Return the same answers in a form that is opened now."""
    data: Any = answers.data
    answers.data = data.copy() | {"token": Opened.token(form)}
    return answers


def _refuse(
    request: HttpRequest, form: FeedbackForm, answers: AnswerForm, error: feedback_actions.TooMuchFeedback
) -> HttpResponse:
    """Answer 429 with when to come back, and everything that was typed."""
    answers.add_error(None, str(error))
    response = _ask(request, form, answers, status=HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(error.RETRY_AFTER)
    return response


def _ask(request: HttpRequest, form: FeedbackForm, answers: AnswerForm, status: int = 0) -> HttpResponse:
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY if answers.is_bound and answers.errors else HTTPStatus.OK
    context = {"form": form, "answers": answers, "address": reverse("feedback:give", args=[form.code])}
    return render(request, "catalog/feedback_give.html", context, status=status or wrong)


def _say(request: HttpRequest, form: FeedbackForm, what: str, *, status: int) -> HttpResponse:
    return render(request, "catalog/feedback_closed.html", {"form": form, what: True}, status=status)


@login_not_required
@require_safe
def thanks(request: HttpRequest, code: str) -> HttpResponse:
    """Say that it was taken."""
    form = get_object_or_404(FeedbackForm.objects.select_related("product"), code=code)
    return render(request, "catalog/feedback_thanks.html", {"form": form})
