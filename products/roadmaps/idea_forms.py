"""Forms of ideas."""

from typing import Any

from django import forms

from products.catalog.models import Insight
from products.roadmaps.models import Idea, IdeaStatus, Item, Roadmap

_REASON = "Everybody can read it, and whoever had the idea is told first."


class IdeaForm(forms.ModelForm):
    """Something that somebody proposes for a roadmap."""

    roadmap = forms.ModelChoiceField(queryset=Roadmap.objects.order_by("name", "pk"))
    insight = forms.ModelChoiceField(queryset=Insight.objects.known(), required=False, widget=forms.HiddenInput)

    class Meta:
        model = Idea
        fields = ["roadmap", "name", "text", "insight"]
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}


class AnswerForm(forms.Form):
    """A reason, of whatever is answered."""

    reason = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_REASON,
        error_messages={"required": "No reason is given. Write one: whoever had the idea is told it."},
    )

    def __init__(self, *args: Any, idea: Idea, **options: Any) -> None:
        super().__init__(*args, **options)
        self.idea = idea
        items = Item.objects.kept().filter(roadmap=idea.roadmap_id).in_order()
        if "item" in self.fields:
            self.fields["item"].queryset = items  # type: ignore[attr-defined]
        if "into" in self.fields:
            others = Idea.objects.filter(
                roadmap=idea.roadmap_id, status__in=(IdeaStatus.OPEN, IdeaStatus.ACCEPTED)
            ).exclude(pk=idea.pk)
            self.fields["into"].queryset = others.order_by("name", "pk")  # type: ignore[attr-defined]


class AcceptForm(AnswerForm):
    """A yes, with the item that it became."""

    item = forms.ModelChoiceField(
        queryset=Item.objects.none(), required=False, empty_label="none yet", label="Item that it became",
        help_text="An item of this roadmap. Where there is none yet, add it afterwards.",
    )  # fmt: skip
    field_order = ["item", "reason"]


class MergeForm(AnswerForm):
    """What an idea goes on in."""

    into = forms.ModelChoiceField(
        queryset=Idea.objects.none(), required=False, empty_label="no other idea", label="Another idea"
    )
    item = forms.ModelChoiceField(
        queryset=Item.objects.none(), required=False, empty_label="no item", label="Or an item"
    )
    field_order = ["into", "item", "reason"]
