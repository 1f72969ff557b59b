"""Forms of the estate."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from portfolio.common import access
from portfolio.common.models import User
from products.catalog.forms import DAY, ENDS, DescribedForm, TreeField
from products.catalog.models import ValueStream
from products.health.models import Component, Dependency, OnCall, Part, Process, Service, SupportDate
from products.roadmaps.models import Item, Roadmap
from products.roadmaps.models.items import OPEN
from teams.models import Team

NUMBER = {"inputmode": "numeric", "class": "short", "autocomplete": "off"}
DECIMAL = {"inputmode": "decimal", "class": "short", "autocomplete": "off"}


def _day() -> forms.DateInput:
    return forms.DateInput(attrs=DAY, format="%Y-%m-%d")


def _interval() -> dict[str, Any]:
    return {"starts": _day(), "ends": _day()}


INTERVAL = {"starts": "First day", "ends": "Ends before"}


class ProcessForm(DescribedForm):
    """A business process."""

    value_stream = TreeField(
        queryset=ValueStream.objects.all(), required=False, empty_label="None", label="Value stream"
    )
    field_order = ["name", "code", "value_stream", "purpose", "is_illustrative"]

    class Meta:
        model = Process
        fields = ["name", "code", "value_stream", "purpose", "is_illustrative"]
        widgets = {"purpose": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["value_stream"].choose_from(ValueStream.objects.all())


class ServiceForm(DescribedForm):
    """A service that a product offers."""

    class Meta:
        model = Service
        fields = [
            "product", "name", "code", "purpose", "owner", "process", "usual_hourly", "peak_hourly", "is_retired",
            "is_illustrative",
        ]  # fmt: skip
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 3}),
            "usual_hourly": forms.TextInput(attrs=NUMBER),
            "peak_hourly": forms.TextInput(attrs=NUMBER),
        }
        help_texts = {"is_retired": "It is no longer offered; it stays readable, and nothing about it stands out."}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["owner"].empty_label = "Nobody yet"
        self.fields["process"].empty_label = "None, or not known"
        self.fields["product"].queryset = self.fields["product"].queryset.order_by("name", "pk")
        if self.instance.pk:
            del self.fields["product"]
        else:
            del self.fields["is_retired"]


class ItemField(forms.ModelChoiceField):
    """Chooses an item, with the product that it is of."""

    def label_from_instance(self, item: Item) -> str:
        """Return the item's name after its product's."""
        return f"{item.product} · {item}"


class ComponentForm(DescribedForm):
    """What services are built of."""

    item = ItemField(
        queryset=Item.objects.none(),
        required=False,
        empty_label="Nothing yet",
        label="Renewed by",
        help_text="The item of a roadmap that renews it. Open items of the kind obsolescence are offered.",
    )

    class Meta:
        model = Component
        fields = [
            "name", "code", "kind", "owner", "version", "eol_product", "eol_cycle", "end_of_support", "renewal_low",
            "renewal_high", "currency", "item", "is_illustrative",
        ]  # fmt: skip
        labels = {"renewal_low": "Renewal costs at least", "renewal_high": "Renewal costs at most"}
        help_texts = {
            "end_of_support": "The first day without support. Needed only where you know better than what is published "
            "for its release cycle.",
        }
        widgets = {
            "end_of_support": _day(),
            "renewal_low": forms.TextInput(attrs=DECIMAL),
            "renewal_high": forms.TextInput(attrs=DECIMAL),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["owner"].empty_label = "Nobody yet"
        offered = Item.objects.filter(kind="obsolescence", state__in=OPEN) | Item.objects.filter(
            pk=self.instance.item_id
        )
        self.fields["item"].queryset = offered.select_related("product").order_by("product__name", "name", "pk")


class ServiceField(forms.ModelChoiceField):
    """Chooses a service, with the product that offers it."""

    def label_from_instance(self, service: Service) -> str:
        """Return the service's name after its product's."""
        return f"{service.product} · {service}"


def _services() -> Any:
    return Service.objects.filter(is_retired=False).select_related("product").order_by("product__name", "name", "pk")


class PartForm(forms.ModelForm):
    """A component that a service is built of."""

    service = ServiceField(queryset=_services())

    class Meta:
        model = Part
        fields = ["service", "component", "starts", "ends", "is_illustrative"]
        labels = INTERVAL
        help_texts = {"ends": ENDS}
        widgets = _interval()


class DependencyForm(forms.ModelForm):
    """A service that does not work without another one."""

    service = ServiceField(queryset=_services())
    needs = ServiceField(queryset=_services(), help_text="The service without which it does not work.")

    class Meta:
        model = Dependency
        fields = ["service", "needs", "starts", "ends", "is_illustrative"]
        labels = INTERVAL
        help_texts = {"ends": ENDS}
        widgets = _interval()


class OnCallForm(forms.ModelForm):
    """A team that is on call for a service."""

    service = ServiceField(queryset=_services())

    class Meta:
        model = OnCall
        fields = ["service", "team", "hours_a_week", "starts", "ends", "is_illustrative"]
        labels = INTERVAL
        help_texts = {"ends": ENDS}
        widgets = _interval() | {"hours_a_week": forms.TextInput(attrs=DECIMAL)}


class SupportDateForm(forms.ModelForm):
    """When support for a release cycle ends, as published."""

    class Meta:
        model = SupportDate
        fields = ["product", "cycle", "ends", "is_ended", "source", "is_illustrative"]
        widgets = {"ends": _day()}


class RenewalForm(forms.ModelForm):
    """An item of a roadmap that renews a component: what is known of it already is filled in."""

    why = forms.CharField(
        max_length=500, required=False, label="Why", help_text="For those who read the roadmap's changes later."
    )
    field_order = (
        "roadmap", "product", "name", "code", "exception", "horizon", "effort_low", "effort_high", "starts", "ends",
        "team", "business_champion", "technology_champion", "is_illustrative", "why",
    )  # fmt: skip

    class Meta:
        model = Item
        fields = (
            "roadmap", "product", "name", "code", "exception", "horizon", "effort_low", "effort_high", "starts", "ends",
            "team", "business_champion", "technology_champion", "is_illustrative",
        )  # fmt: skip
        widgets = {
            "exception": forms.Textarea(attrs={"rows": 2}),
            "starts": _day(),
            "ends": _day(),
            "effort_low": forms.TextInput(attrs=DECIMAL),
            "effort_high": forms.TextInput(attrs=DECIMAL),
        }

    def __init__(self, *args, user: Any, products: list[int], **options):
        super().__init__(*args, **options)
        roadmaps = access.writable(Roadmap.objects.visible_to(user), user)
        self.fields["roadmap"].queryset = offered = roadmaps.order_by("name", "pk").distinct()
        self.fields["roadmap"].help_text = (
            "Those are offered that you may change."
            if offered.exists()
            else "There is none that you may change. Begin one, or ask the owner of a product that is built of it."
        )
        its = self.fields["product"].queryset.filter(roadmaps__in=roadmaps)
        if products:
            # What is built of it pays for it: those first, and the others of the roadmaps after them.
            its = its | self.fields["product"].queryset.filter(pk__in=products)
        self.fields["product"].queryset = its.distinct().order_by("name", "pk")
        self.fields["product"].help_text = "Which of the roadmap's products renews it, and pays for that."
        self.fields["team"].queryset = Team.objects.order_by("name", "pk")
        for side in ("business_champion", "technology_champion"):
            self.fields[side].queryset = User.objects.filter(is_active=True).order_by("username")

    def clean(self) -> dict[str, Any]:
        """Refuse a product that is not on the roadmap."""
        given = super().clean() or self.cleaned_data
        roadmap, product = given.get("roadmap"), given.get("product")
        if roadmap and product and not roadmap.products.filter(pk=product.pk).exists():
            raise ValidationError({"product": f"{product} is not on {roadmap}. Choose one of its products."})
        return given

    def validate_constraints(self) -> None:
        """Leave them to the action, which checks the item with all that is to be saved."""
