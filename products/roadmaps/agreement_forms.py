"""Forms of baselines, of what is said to them, and of differences."""

from typing import Any

from django import forms

from products.roadmaps.comparing import NOW, SIGNED, Comparison
from products.roadmaps.difference import Kind
from products.roadmaps.models import Baseline
from products.roadmaps.telling import PLACE_NAMES, TITLES

WORDS = 2_000  #: characters of what is said to a baseline


class BaselineForm(forms.Form):
    """What a baseline is known by, and what it is taken for."""

    name = forms.CharField(max_length=120, required=False, help_text="What it is known by, such as Autumn 2016.")
    why = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is taken for, for those who sign it and those who look back.",
    )


class SignForm(forms.Form):
    """A yes, with a comment or without."""

    comment = forms.CharField(max_length=WORDS, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class DeclineForm(forms.Form):
    """A no, with its reason: to all of a baseline, or to some items of it."""

    comment = forms.CharField(
        max_length=WORDS,
        label="Why not",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The owner needs to know what to change.",
        error_messages={"required": "Nothing is written. Say what would have to change for you to sign."},
    )
    about = forms.MultipleChoiceField(
        required=False,
        label="Which items",
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick those that you decline. With none ticked you decline the whole baseline.",
    )

    def __init__(self, *args: Any, baseline: Baseline, **options: Any):
        super().__init__(*args, **options)
        document = baseline.document
        self.fields["about"].choices = [
            (code, f"{document['items'][code]['name']} ({name.lower()})")
            for place, name in PLACE_NAMES.items()
            for code in document["order"][place]
        ]


class DifferenceForm(forms.Form):
    """Which two versions to compare, and which changes to show."""

    vars()["from"] = forms.ChoiceField(required=False, label="From")
    to = forms.ChoiceField(required=False, label="To")
    kind = forms.ChoiceField(required=False, label="Kind of change")
    product = forms.ChoiceField(required=False, label="Product")

    def __init__(self, data: Any, *, baselines: list[Baseline], has_signed: bool, found: Comparison | None, names: Any):
        super().__init__(data)
        numbered = [(str(baseline.number), str(baseline)) for baseline in baselines]
        signed = [(SIGNED, "What I signed last")] if has_signed else []
        self.fields["from"].choices = [("", "The latest baseline"), *signed, *numbered]
        self.fields["to"].choices = [(NOW, "Now"), *numbered]
        self.fields["kind"].choices = [("", "any"), *((kind.name.lower(), TITLES[kind]) for kind in Kind)]
        its = found.products if found else []
        self.fields["product"].choices = [("", "any"), *((code, names.of("product", code)) for code in its)]

    def clean_to(self) -> str:
        """Return the later version; now by default."""
        return self.cleaned_data["to"] or NOW
