"""Forms of results."""

from django import forms

from products.roadmaps.models import Experiment, Item
from products.value.forms import NUMBER, day_input


class MeasuredItemChoice(forms.ModelChoiceField):
    """Chooses an item that names a metric; each says on which roadmap it is, and in what it is measured."""

    def __init__(self, **options):
        items = Item.objects.kept().exclude(metric=None).select_related("roadmap", "metric")
        super().__init__(queryset=items.order_by("roadmap__name", "name", "pk"), **options)

    def label_from_instance(self, item: Item) -> str:
        """Return the item's name after its roadmap's."""
        return f"{item.roadmap} · {item} ({item.metric.name}, {item.metric.unit})"


class ResultForm(forms.ModelForm):
    """What an experiment on an item found: two groups, or an effect and its error."""

    item = MeasuredItemChoice()
    control_size = forms.IntegerField(
        required=False,
        min_value=0,
        widget=forms.TextInput(attrs=NUMBER | {"inputmode": "numeric"}),
        help_text="How many were in it.",
    )
    treatment_size = forms.IntegerField(
        required=False,
        min_value=0,
        widget=forms.TextInput(attrs=NUMBER | {"inputmode": "numeric"}),
        help_text="How many were in it.",
    )

    class Meta:
        model = Experiment
        fields = [
            "item",
            "concluded_on",
            "control_mean",
            "control_deviation",
            "control_size",
            "treatment_mean",
            "treatment_deviation",
            "treatment_size",
            "effect",
            "standard_error",
            "source",
            "is_illustrative",
        ]
        labels = {"concluded_on": "Ended on", "effect": "Or: the effect alone", "standard_error": "Its standard error"}
        help_texts = {
            "control_mean": "Of those for whom nothing changed; in the metric's unit, of a flow a month.",
            "treatment_mean": "Of those who had the change.",
            "effect": "Treatment less control, where the groups are not known. Leave both groups empty then.",
        }
        widgets = {
            "concluded_on": day_input(),
            "source": forms.Textarea(attrs={"rows": 2}),
        } | {
            name: forms.TextInput(attrs=NUMBER)
            for name in (
                "control_mean", "control_deviation", "treatment_mean", "treatment_deviation", "effect",
                "standard_error",
            )
        }  # fmt: skip

    field_order = Meta.fields
