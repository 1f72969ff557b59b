"""What the pages of all rooms share: one URL for page and fragment, and the three ways a form changes a row."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from portfolio.common import access, actions, exports, formats, histories
from portfolio.common.errors import Busy, NotAllowed, TwofoldError
from portfolio.common.models import StaleMark
from portfolio.common.months import add_months, month_of

PAGE_SIZE = 50


def page_or_fragment(request: HttpRequest, page: str) -> str:
    """Return the template to render: the page, or for htmx its `_table` fragment.

    `funding/allocation_list.html` has the fragment `funding/_allocation_table.html`. On a restored history entry
    htmx needs the whole page.
    """
    if request.htmx and not request.htmx.history_restore_request:
        room, name = page.split("/")
        return f"{room}/_{name.removesuffix('_list.html')}_table.html"
    return page


def file_of(
    request: HttpRequest, export: exports.Tabled, rows: Iterable[Any], form: exports.Format, asked: Iterable[str]
) -> HttpResponseBase:
    """Return all rows as a file, named by what is asked of the filters `asked`; or 429, to try again in a while."""
    try:
        given = {name: request.GET.get(name) for name in asked}
        return exports.respond(request, export, rows, form, asked=given)
    except Busy as error:
        response = render(request, "components/page_busy.html", {"error": error}, status=429)
        response.headers["Retry-After"] = str(error.RETRY_AFTER)
        return response


def render_list(
    request: HttpRequest,
    template: str,
    filterset: Any,
    *,
    rows: Sequence[Any] | None = None,
    export: exports.Tabled | None = None,
    **context: Any,
) -> HttpResponseBase:
    """Render one page of a filtered list: `filter`, `page` and whatever else the template needs.

    `rows` are what is listed where that is not the filtered rows as they come, such as a tree of them. With an
    `export`, `?format=csv` or `xlsx` gives all of the list as a file; where a filter is wrong it gives the page with
    what is wrong, as a 400, rather than a file of other rows than were meant.
    """
    form = exports.asked_for(request) if export else None
    listed = filterset.qs if rows is None else rows
    if form and filterset.form.is_valid():
        return file_of(request, export, listed, form, filterset.form.fields)
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    page.has_files = export is not None
    response = render(
        request,
        page_or_fragment(request, template),
        {"filter": filterset, "page": page, **context},
        status=400 if form else 200,
    )
    response.headers["Vary"] = "HX-Request, Cookie"  # one URL, two bodies: keep the caches apart
    return response


def render_recorded(request: HttpRequest, template: str, row: Any, **context: Any) -> HttpResponse:
    """Render the page of one recorded row: `row`, its `history`, the row that stands now, if any, and `may_write`.

    A row that was corrected or retracted stays readable; `components/standing.html` says so at its top.
    """
    rows = histories.chain(row)
    found = next(one for one in rows if one.pk == row.pk)
    return render(
        request,
        template,
        {
            "row": found,
            "history": histories.recorded_history(rows),
            "stands": None if rows[-1].retracted_at else rows[-1],
            "may_write": not found.retracted_at and access.may_write(request.user, found),
            **context,
        },
    )


def render_retracted(request: HttpRequest, row: Any) -> HttpResponse:
    """Answer 409: only a row that stands can be corrected or retracted."""
    last = histories.chain(row)[-1]
    context = {"row": row, "name": row._meta.verbose_name, "stands": None if last.retracted_at else last}
    return render(request, "components/page_retracted.html", context, status=409)


class ReasonForm(forms.Form):
    """Why a row is corrected or retracted."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stays readable beside the old row.",
    )


def rows_named(request: HttpRequest, **models: type) -> dict[str, Any]:
    """Return the rows whose codes the address gives, to begin a form with: `?product=vehicle-tax`."""
    found = {
        name: model.objects.visible_to(request.user).filter(code=request.GET[name]).first()
        for name, model in models.items()
        if "\x00" not in request.GET.get(name, "\x00")
    }
    return {name: row for name, row in found.items() if row}


def require_writable(request: HttpRequest, row: Any) -> None:
    """Answer 403, with the roles it takes, unless the user may write this row."""
    try:
        access.require(request.user, row)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error


def require_addable(request: HttpRequest, model: type) -> None:
    """Answer 403 unless the user may add such a row somewhere."""
    if not access.may_add(request.user, model):
        require_writable(request, model())
        raise PermissionDenied(f"You may not add a {model._meta.verbose_name}.")


def attempt(form: forms.BaseForm, change: Callable[[], Any]) -> Any:
    """Return what `change` returns, or None with its refusal added to the form beside the field it is about."""
    try:
        return change()
    except ValidationError as error:
        for name, errors in as_fields(error).items():
            form.add_error(name if name in form.fields else None, errors)
    except TwofoldError as error:
        form.add_error(None, str(error))
    return None


def as_fields(error: ValidationError) -> dict[str | None, list]:
    """Return the errors by field; those of the whole row under None."""
    if hasattr(error, "error_dict"):
        return {None if name == "__all__" else name: errors for name, errors in error.error_dict.items()}
    return {None: error.error_list}


def save_form(
    request: HttpRequest, form: forms.ModelForm, template: str, *, to: Callable[[Any], str], **context: Any
) -> HttpResponse:
    """Show a form for a described row and save it; `to` gives the address to go to with the saved row."""
    if request.method == "POST" and form.is_valid():
        row = attempt(form, lambda: actions.save(form.instance, by=request.user))
        if row:
            messages.success(request, f"{row} is saved.")
            _tell_what_waits(request)
            return redirect(to(row))
    return _show(request, form, template, **context)


def record_form(
    request: HttpRequest, form: forms.ModelForm, template: str, *, to: Callable[[Any], str], **context: Any
) -> HttpResponse:
    """Show a form for a new recorded row and record it."""
    if request.method == "POST" and form.is_valid():
        row = attempt(form, lambda: actions.record(form.instance, by=request.user))
        if row:
            messages.success(request, f"{row} is recorded.")
            _tell_what_is_closed(request, row)
            _tell_what_waits(request)
            return redirect(to(row))
    return _show(request, form, template, **context)


def correct_form(
    request: HttpRequest,
    row: Any,
    form_class: type[forms.ModelForm],
    template: str,
    *,
    to: Callable[[Any], str],
    **context: Any,
) -> HttpResponse:
    """Show a recorded row in its form, with a reason, and record it again with what was changed."""
    require_writable(request, row)
    if row.retracted_at:
        return render_retracted(request, row)
    form = correction_of(form_class)(request.POST or None, instance=type(row).objects.get(pk=row.pk))
    if request.method == "POST" and form.is_valid():
        changes = {name: value for name, value in form.cleaned_data.items() if name != "reason"}
        new = attempt(
            form,
            lambda: actions.correct(row, changes=changes, reason=form.cleaned_data["reason"], by=request.user),
        )
        if new:
            messages.success(request, f"{new} is corrected; the old row stays readable.")
            _tell_what_is_closed(request, row, new)
            _tell_what_waits(request)
            return redirect(to(new))
    return _show(request, form, template, row=row, **context)


def retract_form(
    request: HttpRequest, row: Any, template: str, *, to: Callable[[Any], str], **context: Any
) -> HttpResponse:
    """Ask why a recorded row is withdrawn, and retract it."""
    require_writable(request, row)
    if row.retracted_at:
        return render_retracted(request, row)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: actions.retract(row, reason=form.cleaned_data["reason"], by=request.user))
        if done:
            messages.success(request, f"{row} is retracted; it stays readable as it was known.")
            _tell_what_is_closed(request, row)
            _tell_what_waits(request)
            return redirect(to(row))
    return _show(request, form, template, row=row, **context)


def tell_what_follows(request: HttpRequest, *rows: Any) -> None:
    """Say what a write brings about: where its months are closed, and that figures are on their way."""
    _tell_what_is_closed(request, *rows)
    _tell_what_waits(request)


def _tell_what_waits(request: HttpRequest) -> None:
    """Say that figures are on their way, where a worker brings them; without one they are there already."""
    if StaleMark.objects.exists():
        messages.info(request, "Figures are being brought up to date.", extra_tags="until-fresh")


def _tell_what_is_closed(request: HttpRequest, *rows: Any) -> None:
    """Say where what was written is for closed months, and in which month it counts instead."""
    touched = [touch for row in rows for touch in row.touched()]
    if not touched:
        return
    through = apps.get_model("funding.PeriodClose").objects.through()
    first = month_of(min(touch.first for touch in touched))
    if through is None or first > through:
        return
    last = min(through, max(month_of(touch.last) if touch.last else through for touch in touched))
    closed = formats.month_name(first) + (f" to {formats.month_name(last)} are" if last > first else " is")
    opens = formats.month_name(add_months(through, 1))
    if all(row.is_of_total for row in rows):
        messages.info(request, f"{closed} closed; this counts in {opens} as a correction.")
    else:
        messages.info(request, f"{closed} closed, with the shares there were; this counts from {opens} on.")


def correction_of(form_class: type[forms.ModelForm]) -> type[forms.ModelForm]:
    """Return the form with a required reason at its end.

    It cleans a copy of the row that stands, so it leaves uniqueness and constraints to the action, which checks
    them for the new row once the old one is gone.
    """
    return type(
        f"Correct{form_class.__name__}",
        (form_class,),
        {
            "reason": ReasonForm.base_fields["reason"],
            "validate_unique": lambda self: None,
            "validate_constraints": lambda self: None,
        },
    )


def _show(request: HttpRequest, form: forms.BaseForm, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.is_bound and form.errors else 200)
