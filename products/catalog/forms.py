"""Forms of this room."""

from typing import Any

from django import forms
from django.apps import apps
from django.db.models import Model, Q, QuerySet

from products.catalog.models import Assignment, Insight, Product, Segment, ValueStream

DAY = {"type": "date"}
ENDS = "The first day that no longer counts. Leave empty for an open end."


class DescribedForm(forms.ModelForm):
    """A described row; its code is fixed once it is saved, because addresses and imports use it."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["code"]


class TreeField(forms.ModelChoiceField):
    """Chooses a value stream from the tree, each name after those it lies below."""

    def label_from_instance(self, stream: Model) -> str:
        """Return the names from the top down."""
        above = getattr(stream, "above", [])
        return " › ".join(one.name for one in [*above, stream])

    def choose_from(self, streams: QuerySet) -> None:
        """Offer these streams, in the order of the tree; the whole tree takes two queries."""
        empty = [("", self.empty_label)] if self.empty_label is not None else []
        self.queryset = streams
        self.choices = [
            *empty,
            *((stream.pk, self.label_from_instance(stream)) for stream in streams.as_tree()),
        ]


class ValueStreamForm(DescribedForm):
    """A value stream."""

    parent = TreeField(
        queryset=ValueStream.objects.all(),
        required=False,
        empty_label="None: at the top",
        label="Lies below",
        help_text="Roles over a stream reach everything below it.",
    )
    field_order = ["name", "code", "parent", "purpose", "is_illustrative"]

    class Meta:
        model = ValueStream
        fields = ["name", "code", "parent", "purpose", "is_illustrative"]
        widgets = {"purpose": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        streams = ValueStream.objects.all()
        if self.instance.pk:
            # Its own subtree would make a loop; the action refuses it as well.
            streams = streams.exclude(pk__in=streams.subtree([self.instance.pk]))
        self.fields["parent"].choose_from(streams)


class ProductForm(DescribedForm):
    """A product."""

    value_stream = TreeField(
        queryset=ValueStream.objects.all(), label="Value stream", help_text="A move takes a role over both streams."
    )
    field_order = ["name", "code", "value_stream", "purpose", "stage", "kind", "usage_unit", "owner", "is_illustrative"]

    class Meta:
        model = Product
        fields = ["name", "code", "value_stream", "purpose", "stage", "kind", "usage_unit", "owner", "is_illustrative"]
        widgets = {"purpose": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "stage": "Explore: not proven yet. Grow: being built up. Sustain: kept well. Retire: on its way out.",
            "owner": "Who answers for it. It takes a role to change it, too.",
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["value_stream"].choose_from(ValueStream.objects.all())
        self.fields["owner"].empty_label = "Nobody yet"
        self.fields["owner"].queryset = self.fields["owner"].queryset.filter(is_active=True).order_by("username")


class SegmentForm(DescribedForm):
    """Customers of one product who have something in common."""

    class Meta:
        model = Segment
        fields = ["product", "name", "code", "size", "size_basis", "is_illustrative"]
        labels = {"size_basis": "How the size is known"}
        help_texts = {"size_basis": "Source and date."}
        widgets = {"size": forms.TextInput(attrs={"inputmode": "numeric", "class": "short", "autocomplete": "off"})}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["product"]


class OfProductField(forms.ModelChoiceField):
    """Chooses a row of a product; where those of several products are offered, each says whose it is."""

    def label_from_instance(self, row: Model) -> str:
        """Return the row's name after its product's."""
        return f"{row.product} · {row}"


ABOUT = ("segment", "theme", "metric", "journey", "item")  #: what an insight is about, all of its product


class InsightForm(forms.ModelForm):
    """Something a customer said or did."""

    class Meta:
        model = Insight
        fields = [
            "product", "segment", "said_on", "kind", "text", "said_by", "theme", "source", "team", "metric", "journey",
            "item", "is_illustrative",
        ]  # fmt: skip
        field_classes = dict.fromkeys(ABOUT, OfProductField)
        labels = {
            "said_on": "Said or done on",
            "kind": "How it was learned",
            "said_by": "How many people said so",
            "team": "Which team heard it",
            "metric": "Metric it is about",
            "journey": "Journey it is about",
            "item": "Roadmap item it is about",
        }
        help_texts = {
            "theme": "What is said again and again: it counts there.",
            "team": "A team is told for how long it has heard no customer.",
        }
        widgets = {
            "said_on": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "text": forms.Textarea(attrs={"rows": 5}),
            "said_by": forms.TextInput(attrs={"inputmode": "numeric", "class": "short", "autocomplete": "off"}),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        product = self.initial.get("product")
        empty = {"segment": "Not known, or more than one", "theme": "None yet"}
        for name in ABOUT:
            field = self.fields[name]
            rows = field.queryset.select_related("product").order_by("product__name", "name", "pk")
            field.queryset = rows.filter(self._of(name, product)) if product else rows
            field.empty_label = empty.get(name, "None")
        self.fields["said_by"].required = False  # one, unless more are named
        self.fields["team"].empty_label = "None, or not known"
        self.fields["team"].queryset = self.fields["team"].queryset.order_by("name", "pk")

    def clean_said_by(self) -> int:
        """Take one for granted."""
        given = self.cleaned_data["said_by"]
        return 1 if given is None else given

    @staticmethod
    def _of(name: str, product: Any) -> Q:
        """Return the condition that a row is of a product: an item is of any whose roadmap it is on."""
        if name != "item":
            return Q(product=product)
        on_its_roadmaps = apps.get_model("roadmaps.Roadmap").objects.filter(products=product)
        return Q(product=product) | Q(roadmap__in=on_its_roadmaps)


class AssignmentForm(forms.ModelForm):
    """The share of a team's capacity that a product has."""

    class Meta:
        model = Assignment
        fields = ["team", "product", "share", "starts", "ends", "is_illustrative"]
        labels = {"starts": "First day", "ends": "Ends before"}
        help_texts = {"share": "Part of the team's capacity: 0.5 is half of it.", "ends": ENDS}
        widgets = {
            "share": forms.TextInput(attrs={"inputmode": "decimal", "class": "short", "autocomplete": "off"}),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }
