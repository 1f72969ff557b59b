"""Forms of roadmaps and their items."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from portfolio.common import access
from portfolio.common.filters import codes_in
from portfolio.common.models import User
from portfolio.common.months import today
from products.catalog.models import Product
from products.roadmaps.content import plain
from products.roadmaps.models import Horizon, Item, Roadmap
from products.roadmaps.models.items import OPEN
from products.value.models import Metric
from teams.models import Team

WHY = {
    "max_length": 500,
    "required": False,
    "label": "Why",
    "help_text": "For those who read the roadmap's changes later.",
}

NO_HORIZON = {
    "required": "Name the horizon: now, next or later.",
    "invalid_choice": "%(value)r is no horizon; choose now, next or later.",
}


def _people() -> Any:
    return User.objects.filter(is_active=True).order_by("username")


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PeopleField(forms.ModelMultipleChoiceField):
    """Chooses people, by name and account."""

    def label_from_instance(self, user: Any) -> str:
        """Return the name, and the account where that is another word."""
        return str(user) if str(user) == user.username else f"{user} ({user.username})"


class RoadmapForm(forms.ModelForm):
    """A roadmap, with its products and its members on both sides."""

    products = forms.ModelMultipleChoiceField(
        queryset=Product.objects.none(),
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text="Which products it belongs to. Those are offered that you have a role over. Hold Ctrl or ⌘ to choose "
        "several.",
    )
    business = PeopleField(
        queryset=User.objects.none(),
        widget=forms.SelectMultiple(attrs={"size": 8}),
        label="Business partners",
        help_text="Who owns it and signs for it on the business side; one at least.",
    )
    technology = PeopleField(
        queryset=User.objects.none(),
        widget=forms.SelectMultiple(attrs={"size": 8}),
        label="Technology owners",
        help_text="Who owns it and signs for it in technology; one at least, and nobody on both sides.",
    )
    why = forms.CharField(**WHY)
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    field_order = (
        "name", "code", "purpose", "products", "business", "technology", "cadence_days", "now_weeks", "next_weeks",
        "began_on", "is_illustrative", "why", "version",
    )  # fmt: skip

    class Meta:
        model = Roadmap
        fields = (
            "name",
            "code",
            "purpose",
            "cadence_days",
            "now_weeks",
            "next_weeks",
            "began_on",
            "is_illustrative",
        )
        widgets = {"purpose": forms.Textarea(attrs={"rows": 3}), "began_on": _day()}

    def __init__(self, *args, user: Any, **options):
        super().__init__(*args, **options)
        roadmap, people = self.instance, _people()
        offered = access.writable(Product.objects.visible_to(user), user)
        if roadmap.pk:
            del self.fields["code"]
            offered = Product.objects.filter(pk__in=offered.values("pk")) | Product.objects.filter(roadmaps=roadmap)
            self.initial |= {
                "products": [product.pk for product in roadmap.products.all()],
                "business": [member.user_id for member in roadmap.business],
                "technology": [member.user_id for member in roadmap.technology],
                "version": roadmap.version,
            }
            # Who left is still on it until somebody takes them off.
            people = people | User.objects.filter(roadmap_memberships__roadmap=roadmap).order_by("username")
        self.fields["products"].queryset = offered.distinct().order_by("name", "pk")
        for side in ("business", "technology"):
            self.fields[side].queryset = people.distinct()


class ChooseRoadmapForm(forms.Form):
    """Which roadmap a new item is for."""

    roadmap = forms.ModelChoiceField(
        queryset=Roadmap.objects.none(),
        to_field_name="code",
        empty_label=None,
        help_text="Those are offered that you may change.",
    )

    def __init__(self, *args, user: Any, **options):
        super().__init__(*args, **options)
        offered = access.writable(Roadmap.objects.visible_to(user), user)
        self.fields["roadmap"].queryset = offered.order_by("name", "pk")


class ItemForm(forms.ModelForm):
    """An item of a roadmap: what it promises, with what effort, and for whom."""

    needs = forms.ModelMultipleChoiceField(
        queryset=Item.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Waits for",
        help_text="Items of this roadmap that have to be done first.",
    )
    needs_elsewhere = forms.CharField(
        required=False,
        label="Waits for items of other roadmaps",
        help_text="Their codes, with commas between them; an item's page shows its code.",
    )
    why = forms.CharField(**WHY)
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    field_order = (
        "name", "code", "description", "product", "kind", "horizon", "metric", "metric_from", "metric_low",
        "metric_high", "by_when", "exception", "effort_low", "effort_high", "starts", "ends", "team",
        "business_champion", "technology_champion", "needs", "needs_elsewhere", "is_illustrative", "why", "version",
    )  # fmt: skip

    class Meta:
        model = Item
        fields = (
            "name", "code", "description", "product", "kind", "horizon", "metric", "metric_from", "metric_low",
            "metric_high", "by_when", "exception", "effort_low", "effort_high", "starts", "ends", "team",
            "business_champion", "technology_champion", "is_illustrative",
        )  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "exception": forms.Textarea(attrs={"rows": 2}),
            **{name: _day() for name in ("starts", "ends", "by_when")},
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        item = self.instance
        roadmap = item.roadmap
        its = roadmap.products.all()
        self.fields["product"].queryset = its.order_by("name", "pk")
        if len(roadmap.its_products) == 1 and not self.initial.get("product"):
            self.initial["product"] = roadmap.its_products[0].pk
        metrics = Metric.objects.filter(product__in=its) | Metric.objects.filter(pk=item.metric_id)
        self.fields["metric"].queryset = metrics.select_related("product").order_by("name", "pk")
        self.fields["team"].queryset = Team.objects.order_by("name", "pk")
        for side in ("business_champion", "technology_champion"):
            kept = User.objects.filter(pk=getattr(item, f"{side}_id"))
            self.fields[side].queryset = (_people() | kept).order_by("username")
        # What is shipped already is no longer waited for, unless it was.
        waited_for = Item.objects.filter(awaited_by__item=item).values("pk") if item.pk else ()
        others = roadmap.items.filter(Q(state__in=OPEN) | Q(pk__in=waited_for)).exclude(pk=item.pk)
        self.fields["needs"].queryset = others.order_by("name", "pk")
        if not others.exists():
            del self.fields["needs"]
        if item.pk:
            del self.fields["code"], self.fields["horizon"]
            needed = list(Item.objects.filter(awaited_by__item=item).order_by("code"))
            self.initial |= {
                "needs": [one.pk for one in needed if one.roadmap_id == roadmap.pk],
                "needs_elsewhere": ", ".join(one.code for one in needed if one.roadmap_id != roadmap.pk),
                "version": item.version,
            }
            for name in ("metric_from", "metric_low", "metric_high", "effort_low", "effort_high"):
                self.initial[name] = plain(getattr(item, name))  # 120 rather than 120.0000

    def clean_needs_elsewhere(self) -> list[Item]:
        """Return the items of other roadmaps; a code that no item has is named."""
        codes = codes_in(self.cleaned_data["needs_elsewhere"])
        found = {item.code: item for item in Item.objects.filter(code__in=codes).exclude(pk=self.instance.pk)}
        if missing := [code for code in codes if code not in found]:
            raise ValidationError(f"No other item has the code {missing[0]!r}. Look at the item's page, and copy it.")
        return list(found.values())

    def validate_constraints(self) -> None:
        """Leave them to the action, which checks the item with all that is to be saved."""

    def given(self) -> dict[str, Any]:
        """Return the item's fields as typed, `needs` of this roadmap and of others among them."""
        typed = {name: self.cleaned_data.get(name) for name in self.Meta.fields if name in self.fields}
        needs: Iterable[Item] = (*self.cleaned_data.get("needs", ()), *self.cleaned_data.get("needs_elsewhere", ()))
        return typed | {"needs": list({item.pk: item for item in needs}.values())}


class MoveForm(forms.Form):
    """Where an item goes: a horizon, and a place in it; or beside another item."""

    horizon = forms.ChoiceField(choices=Horizon.choices, error_messages=NO_HORIZON)
    position = forms.IntegerField(required=False, min_value=1)
    after = forms.SlugField(required=False)
    before = forms.SlugField(required=False)
    why = forms.CharField(**WHY)

    def neighbours(self, item: Item) -> dict[str, Item | None]:
        """Return the item that it comes after or before; none of them is the end."""
        given = self.cleaned_data
        there = list(
            Item.objects.open()
            .filter(roadmap=item.roadmap_id, horizon=given["horizon"])
            .exclude(pk=item.pk)
            .order_by("rank", "pk")
        )
        by_code = {one.code: one for one in there}
        if given["after"] or given["before"]:
            return {"after": by_code.get(given["after"]), "before": by_code.get(given["before"])}
        place = (given["position"] or len(there) + 1) - 1
        return {"after": None, "before": there[place] if place < len(there) else None}


class ReorderForm(forms.Form):
    """The order of a horizon's items, and the version of the roadmap that it was made from."""

    horizon = forms.ChoiceField(choices=Horizon.choices, error_messages=NO_HORIZON)
    version = forms.IntegerField(required=False, min_value=0)
    why = forms.CharField(**WHY)


class BlockForm(forms.Form):
    """What blocks an item."""

    blocked_by = forms.CharField(
        max_length=500,
        label="What blocks it",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="So that others can help. It shows wherever the item does.",
    )


class ShipForm(forms.Form):
    """That an item has reached its customers."""

    on = forms.DateField(label="Day", widget=_day(), help_text="The day on which it reached its customers.")
    why = forms.CharField(**(WHY | {"label": "Note"}))

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["on"].initial = today


class DropForm(forms.Form):
    """Why an item is dropped."""

    why = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Those who wanted it will read it.",
    )


class SettleForm(forms.Form):
    """Where one interest in what is retired goes."""

    key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    goes_to = forms.CharField(
        max_length=500,
        label="Where it goes",
        help_text="Another product, another team, or nowhere and why.",
        error_messages={"required": "Nothing is written. Name a product or a team, or say nowhere and why."},
    )
