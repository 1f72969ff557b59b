"""The form of a score."""

from typing import Any

from django import forms

from products.value.forms import NUMBER, day_input
from products.value.models import Metric, Score


class ScoredMetricChoice(forms.ModelChoiceField):
    """Chooses a metric that is a score; each says whose it is and what it asks."""

    def __init__(self, **options):
        metrics = Metric.objects.exclude(asks="").select_related("product").order_by("product__name", "name", "pk")
        super().__init__(queryset=metrics, **options)

    def label_from_instance(self, metric: Metric) -> str:
        """Return the metric's name after its product's, with what is asked."""
        return f"{metric.product} · {metric} ({metric.asks})"


class ScoreForm(forms.ModelForm):
    """What some customers answered."""

    metric = ScoredMetricChoice(help_text="A metric that is a score: its own page says what it asks.")
    field_order = [
        "metric", "starts", "ends", "answers", "mean", "deviation", "completed", "source", "is_illustrative",
    ]  # fmt: skip

    class Meta:
        model = Score
        fields = ["metric", "starts", "ends", "answers", "mean", "deviation", "completed", "source", "is_illustrative"]
        labels = {
            "starts": "First day",
            "ends": "Ends before",
            "answers": "How many answered",
            "completed": "How many did what they came for",
        }
        help_texts = {
            "ends": "The first day that no longer counts: for a month, the first of the next.",
            "mean": "Of satisfaction or effort: of answers from 1 to 5, of which 5 is the best.",
            "deviation": "How far the answers differ, over n - 1. Leave it empty for a single answer.",
            "completed": "Of completion: of those who answered.",
        }
        widgets = {
            "starts": day_input(),
            "ends": day_input(),
            **{name: forms.TextInput(attrs=NUMBER) for name in ("mean", "deviation")},
            **{name: forms.TextInput(attrs=NUMBER | {"inputmode": "numeric"}) for name in ("answers", "completed")},
        }

    def given(self) -> dict[str, Any]:
        """Return what was given, by field."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}
