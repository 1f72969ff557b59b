"""Pages of items: the item itself, its form, moving it, how far it is, and what it retires."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portfolio.common import access, pages
from portfolio.common.errors import TwofoldError
from portfolio.common.months import today
from products.catalog.models import Insight, Product
from products.roadmaps import board, histories, item_actions, retiring, seen
from products.roadmaps.changes import RoadmapMoved
from products.roadmaps.contributions import interests_in
from products.roadmaps.forms import (
    BlockForm,
    ChooseRoadmapForm,
    DropForm,
    ItemForm,
    MoveForm,
    SettleForm,
    ShipForm,
)
from products.roadmaps.models import Horizon, Item, ItemKind, Roadmap
from products.roadmaps.order_actions import move_item
from products.roadmaps.views.roadmaps import answer
from products.roadmaps.worth import worths
from products.value.models import Metric, Valuation

FORM = "roadmaps/item_form.html"
LATEST = 20  #: changes that the page of an item shows
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def _item(request: HttpRequest, code: str) -> Item:
    rows = Item.objects.visible_to(request.user).for_table().prefetch_related("roadmap__products")
    return get_object_or_404(rows, code=code)


def _writable(request: HttpRequest, code: str) -> Item:
    item = _item(request, code)
    pages.require_writable(request, item)
    return item


@require_GET
def item_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show what an item promises, what that is worth, what it takes, what it waits for, and what became of it."""
    item = _item(request, code)
    on = today()
    worth, currency = board.promised(item, worths([item.metric.code], on=on) if item.metric else {})
    valuation = None
    if item.metric:
        valuation = Valuation.objects.known().current(on).filter(metric=item.metric).for_table().first()
    insights = Insight.objects.visible_to(request.user).known().filter(item=item)
    changes = histories.of_item(item)
    latest = list(changes[: LATEST + 1])
    context = {
        "item": item,
        "roadmap": item.roadmap,
        "worth": worth,
        "currency": currency,
        "valuation": valuation,
        "entries": histories.entries(latest[:LATEST], item.code),
        "has_more": len(latest) > LATEST,
        "interests": _interests(item) if item.kind == ItemKind.RETIRE else None,
        "insights": list(insights.for_table().latest_few()),
        "insight_count": insights.count(),
        "may_add_insight": access.may_write(request.user, Insight(product=item.product)),
        "may_write": access.may_write(request.user, item),
    }
    return render(request, "roadmaps/item_detail.html", context)


# -- The form --------------------------------------------------------------------------------------------------------


@get_or_post
def item_add(request: HttpRequest) -> HttpResponse:
    """Add an item to the roadmap that `?roadmap=` names; without one, ask which."""
    roadmap = pages.rows_named(request, roadmap=Roadmap).get("roadmap")
    if roadmap is None:
        return _choose_roadmap(request)
    item = Item(roadmap=roadmap)
    pages.require_writable(request, item)
    named = pages.rows_named(request, product=Product, metric=Metric)
    initial = {name: row.pk for name, row in named.items()} | _champions(request, roadmap)
    form = ItemForm(request.POST if request.method == "POST" else None, instance=item, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.given()
        done = pages.attempt(
            form,
            lambda: item_actions.add_item(
                form.instance, needs=given["needs"], why=form.cleaned_data["why"], by=request.user
            ),
        )
        if done:
            messages.success(request, f"{done} is on {roadmap}, at the end of {done.get_horizon_display().lower()}.")
            return redirect(done.get_absolute_url())
    return _show(
        request,
        form,
        title="Add an item",
        kicker=str(roadmap),
        submit="Add",
        cancel=roadmap.get_absolute_url(),
        roadmap=roadmap,
    )


def _champions(request: HttpRequest, roadmap: Roadmap) -> dict[str, int]:
    """Return who champions a new item unless somebody else is named: a side's only member, or whoever asks."""
    found = {}
    members = list(roadmap.members.all())
    for side in ("business", "technology"):
        those = [member.user_id for member in members if member.side == side]
        if request.user.pk in those or len(those) == 1:
            found[f"{side}_champion"] = request.user.pk if request.user.pk in those else those[0]
    return found


def _choose_roadmap(request: HttpRequest) -> HttpResponse:
    pages.require_addable(request, Item)
    form = ChooseRoadmapForm(user=request.user)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "roadmaps/item_begin.html", {"form": form}, status=status)


@get_or_post
def item_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change an item. Where somebody changed the same meanwhile, say so and keep what was typed."""
    item = _writable(request, code)
    form = ItemForm(request.POST if request.method == "POST" else None, instance=item)
    if request.method == "POST" and form.is_valid():
        stored = _item(request, code)  # cleaning a form changes its row in memory
        version = form.cleaned_data["version"]
        theirs = seen.changed_since(stored, stored.version if version is None else version)
        changes = seen.changes_of(stored, theirs, form.given())
        clashes = [one for name, one in theirs.items() if name in changes]
        try:
            done = item_actions.change_item(
                stored, changes=changes, version=version, by=request.user, why=form.cleaned_data["why"]
            )
        except RoadmapMoved as moved:
            return _moved(request, stored, changes, clashes, moved)
        except (ValidationError, TwofoldError) as error:
            _refuse(form, error)
        else:
            messages.success(request, f"{done} is saved." if changes else f"Nothing of {done} was changed.")
            return redirect(done.get_absolute_url())
    return _edit(request, item, form)


def _refuse(form: forms.BaseForm, refused: Exception) -> None:
    def again() -> None:
        raise refused

    pages.attempt(form, again)


def _moved(
    request: HttpRequest, item: Item, changes: dict[str, Any], clashes: list[seen.Theirs], moved: RoadmapMoved
) -> HttpResponse:
    """Show the form again as a 409: what was typed stands, what others changed is said beside it, the rest is theirs.

    It is for the version that is there now, so that saving it again is a choice that somebody made.
    """
    now = ItemForm(instance=item)
    data = request.POST.copy()
    for name in now.fields:
        typed = "needs" if name == "needs_elsewhere" else name
        if typed not in changes and name != "why":
            value = now[name].value()
            several = value if isinstance(value, list) else [] if value in (None, False) else [value]
            data.setlist(name, [str(one) for one in several])
    form = ItemForm(data, instance=item)
    form.is_valid()
    for one in clashes:
        form.add_error(one.field if one.field in form.fields else None, str(one))
    if not clashes:  # somebody was quicker still: between the look and the lock
        form.add_error(None, str(moved))
    return _edit(request, item, form, status=HTTPStatus.CONFLICT)


def _edit(request: HttpRequest, item: Item, form: forms.BaseForm, status: int | None = None) -> HttpResponse:
    stored = Item.objects.select_related("roadmap").get(pk=item.pk)  # the form's row has what was typed
    return _show(
        request, form, status, title=f"Change {stored}", kicker=str(stored.roadmap),
        cancel=stored.get_absolute_url(), item=stored,
    )  # fmt: skip


def _show(request: HttpRequest, form: forms.BaseForm, status: int | None = None, **context: Any) -> HttpResponse:
    is_refused = form.is_bound and bool(form.errors)
    usual = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return render(request, FORM, {"form": form, **context}, status=status or usual)


# -- Moving it -------------------------------------------------------------------------------------------------------


@require_POST
def item_move(request: HttpRequest, code: str) -> HttpResponse:
    """Move an item to a horizon and a place: `position`, or `after` or `before` another one by code."""
    item = _writable(request, code)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return answer(request, item.roadmap.code, refused=ValidationError(form.errors.as_data()))
    try:
        moved = move_item(
            item,
            horizon=form.cleaned_data["horizon"],
            why=form.cleaned_data["why"],
            by=request.user,
            **form.neighbours(item),
        )
    except (ValidationError, TwofoldError) as error:
        return answer(request, item.roadmap.code, refused=error)
    count = Item.objects.open().filter(roadmap=item.roadmap_id, horizon=moved.horizon).count()
    where = f"{moved.rank + 1} of {count} in {Horizon(moved.horizon).label}"
    words = f"{moved} stays {where}." if moved.version == item.version else f"{moved} is now {where}."
    return answer(request, item.roadmap.code, said=words)


# -- How far it is ---------------------------------------------------------------------------------------------------


@require_POST
def item_start(request: HttpRequest, code: str) -> HttpResponse:
    """Say that work on an item has begun, or that it goes on."""
    item = _writable(request, code)
    try:
        item_actions.start_item(item, by=request.user)
    except (ValidationError, TwofoldError) as error:
        messages.error(request, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
    else:
        messages.success(request, f"{item} is started.")
    return redirect(item.get_absolute_url())


@get_or_post
def item_block(request: HttpRequest, code: str) -> HttpResponse:
    """Say what blocks an item."""
    item = _writable(request, code)
    form = BlockForm(_posted(request), initial={"blocked_by": item.blocked_by})
    return _step(
        request,
        item,
        form,
        lambda given: item_actions.block_item(item, blocked_by=given["blocked_by"], by=request.user),
        done=f"{item} is marked as blocked.",
        title="Say what blocks it",
        submit="Mark as blocked",
    )


@get_or_post
def item_ship(request: HttpRequest, code: str) -> HttpResponse:
    """Say that an item has reached its customers."""
    item = _writable(request, code)
    return _step(
        request,
        item,
        ShipForm(_posted(request)),
        lambda given: item_actions.ship_item(item, on=given["on"], why=given["why"], by=request.user),
        done=f"{item} is shipped. Whether its metric moved is looked at from now on.",
        title="It is done" if item.kind == ItemKind.RETIRE else "It has reached its customers",
        intro="Shipping is not success: from this day on, what it did to its metric is watched.",
        submit="Mark as done" if item.kind == ItemKind.RETIRE else "Mark as shipped",
    )


@get_or_post
def item_drop(request: HttpRequest, code: str) -> HttpResponse:
    """Take an item off its roadmap, with a reason."""
    item = _writable(request, code)
    return _step(
        request,
        item,
        DropForm(_posted(request)),
        lambda given: item_actions.drop_item(item, why=given["why"], by=request.user),
        done=f"{item} is dropped. It stays readable.",
        title="Drop this item",
        intro="It leaves the roadmap and stays readable, with your reason. What both sides signed of it is void.",
        submit="Drop it",
    )


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _step(
    request: HttpRequest,
    item: Item,
    form: forms.Form,
    change: Callable[[dict[str, Any]], Item],
    *,
    done: str,
    **context: Any,
) -> HttpResponse:
    """Show the form of a step, take the step, and go back to the item."""
    if request.method == "POST" and form.is_valid() and pages.attempt(form, lambda: change(form.cleaned_data)):
        messages.success(request, done)
        return redirect(item.get_absolute_url())
    return _show(request, form, kicker=str(item), cancel=item.get_absolute_url(), item=item, **context)


# -- What it retires -------------------------------------------------------------------------------------------------


def _interests(item: Item) -> list[dict[str, Any]]:
    """Return every interest in what an item retires, each with where it goes; those that are gone, too, if settled."""
    settled = {row.key: row for row in item.interests.select_related("settled_by")}
    found = [
        {"interest": one, "settled": settled.pop(one.key, None), "is_gone": False}
        for one in interests_in(item.product, today())
    ]
    return found + [{"interest": row, "settled": row, "is_gone": True} for row in settled.values()]


@get_or_post
def item_settle(request: HttpRequest, code: str) -> HttpResponse:
    """Show who and what rests on what an item retires, and say of one where it goes."""
    item = _writable(request, code)
    form = SettleForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        done = pages.attempt(
            form,
            lambda: retiring.settle_interest(item, key=given["key"], goes_to=given["goes_to"], by=request.user),
        )
        if done:
            messages.success(request, f"{done.name} goes to: {done.goes_to}")
            return redirect(reverse("roadmaps:item-settle", args=[item.code]))
    rows = _interests(item)
    context = {
        "item": item,
        "roadmap": item.roadmap,
        "form": form,
        "interests": rows,
        "open_count": sum(row["settled"] is None for row in rows),
        "asked": request.POST.get("key", ""),
        "typed": request.POST.get("goes_to", ""),
    }
    is_refused = form.is_bound and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return render(request, "roadmaps/item_settle.html", context, status=status)
