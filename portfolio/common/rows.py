"""The pages of recorded rows that need none of their own making: list, add, show, correct and retract.

A room says what its rows show and how its pages read, and gets the five views with their addresses:

    ON_CALL = RecordedPages(OnCall, room="health", name="on-call", at="on-call", form=OnCallForm, ...)
    urlpatterns = [..., *ON_CALL.urls()]

A row whose page tells more than its fields is given views of its own instead.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, exports, formats, pages
from portfolio.common.recorded import Recorded

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"


@dataclass(frozen=True)
class Shown:
    """One thing that a row shows: what it is called, where the row has it, and how it is written.

    `path` is an attribute, `service__name` one of a related row; a row found there is a link to its page. `words` turns
    the value into text; without it the field says how. `sort` is the name by which the table sorts.
    """

    label: str
    path: str
    words: Callable[[Any], str] | None = None
    sort: str = ""
    is_number: bool = False

    def of(self, row: Any) -> tuple[str, str]:
        """Return the text and the address it links to, if any."""
        *steps, last = self.path.split("__")
        for step in steps:
            row = getattr(row, step)
            if row is None:
                return formats.NONE, ""
        value = row if last == "self" else getattr(row, last)
        if self.words:
            return self.words(value), ""
        if isinstance(value, models.Model):
            return str(value), value.get_absolute_url() if hasattr(value, "get_absolute_url") else ""
        return _text(row, last, value), ""


def _text(row: Any, name: str, value: Any) -> str:
    if value is None or value == "":
        return formats.NONE
    display = getattr(row, f"get_{name}_display", None)
    if display:
        return str(display())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "hour"):
        return f"{formats.day_name(value)}, {value:%H:%M}"
    if hasattr(value, "year"):
        return formats.day_name(value)
    if isinstance(value, str):
        return value
    return formats.quantity(value)


def period_of(row: Any) -> str:
    """Return when a row holds: for `Shown("When", "self", period_of)`."""
    return formats.period(row.starts, row.ends)


@dataclass(frozen=True)
class RecordedPages:
    """The five pages of a kind of recorded row."""

    model: type[Recorded]
    room: str  #: the namespace of the addresses
    name: str  #: the first words of their names, such as on-call
    at: str  #: where they lie below the room, such as on-call
    form: type[forms.ModelForm]
    table: type  #: the filterset of the list
    export: exports.Export
    columns: Sequence[Shown]  #: of the table; the first is the row's own link
    room_nav: str  #: the template with the room's links, such as health/_room.html
    intro: str = ""  #: what the list holds
    add: str = ""  #: the words of the button and the title of the form, such as Add a duty
    add_intro: str = ""
    retract_words: str = "It was never true."
    empty: str = ""  #: what to do where there is no row yet
    begins: Mapping[str, type[models.Model]] = field(default_factory=dict)  #: what the address may give a form
    facts: Sequence[Shown] = ()  #: of the page of one row; by default the columns

    @property
    def label(self) -> str:
        """What one row is called."""
        return str(self.model._meta.verbose_name)

    @property
    def plural(self) -> str:
        """What the rows are called, as a title."""
        return capfirst(str(self.model._meta.verbose_name_plural))

    @property
    def facts_shown(self) -> Sequence[Shown]:
        """What the page of one row shows."""
        return self.facts or self.columns

    def href(self, verb: str, *args: Any) -> str:
        """Return the address of one of the pages."""
        return reverse(f"{self.room}:{self.name}-{verb}", args=args)

    def urls(self) -> list[URLPattern]:
        """Return the addresses."""
        get_or_post = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path(f"{self.at}/", require_safe(self.listed), name=f"{self.name}-list"),
            path(f"{self.at}/add/", get_or_post(self.added), name=f"{self.name}-add"),
            path(f"{self.at}/<int:pk>/", require_GET(self.shown), name=f"{self.name}-detail"),
            path(f"{self.at}/<int:pk>/correct/", get_or_post(self.corrected), name=f"{self.name}-correct"),
            path(f"{self.at}/<int:pk>/retract/", get_or_post(self.retracted), name=f"{self.name}-retract"),
        ]

    def _rows(self, request: HttpRequest) -> Any:
        return self.model.objects.visible_to(request.user).for_table()

    def listed(self, request: HttpRequest) -> HttpResponseBase:
        """List the rows."""
        return pages.render_list(
            request,
            "components/rows_list.html",
            self.table(request.GET, self._rows(request)),
            export=self.export,
            rows_of=self,
            may_add=access.may_add(request.user, self.model),
        )

    def shown(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a row and the rows that it corrects or is corrected by."""
        row = get_object_or_404(self.model.objects.visible_to(request.user), pk=pk)
        return pages.render_recorded(request, "components/row_detail.html", row, rows_of=self)

    def added(self, request: HttpRequest) -> HttpResponse:
        """Record a row."""
        pages.require_addable(request, self.model)
        given = pages.rows_named(request, **self.begins)
        start = next(iter(given.values()), None)
        return pages.record_form(
            request,
            self.form(request.POST or None, initial=given),
            FORM,
            to=lambda row: row.get_absolute_url(),
            title=self.add,
            kicker=str(start) if start else self.plural,
            intro=self.add_intro,
            submit="Record",
            cancel=start.get_absolute_url() if start else self.href("list"),
        )

    def corrected(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Correct a row."""
        row = get_object_or_404(self._rows(request), pk=pk)
        return pages.correct_form(
            request,
            row,
            self.form,
            FORM,
            to=lambda row: row.get_absolute_url(),
            title=f"Correct this {self.label}",
            kicker=str(row),
            submit="Correct",
            cancel=row.get_absolute_url(),
        )

    def retracted(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Retract a row."""
        row = get_object_or_404(self._rows(request), pk=pk)
        return pages.retract_form(
            request,
            row,
            CONFIRM,
            to=lambda row: row.get_absolute_url(),
            title=f"Retract this {self.label}",
            kicker=str(row),
            what=self.retract_words,
            submit="Retract",
            cancel=row.get_absolute_url(),
        )
