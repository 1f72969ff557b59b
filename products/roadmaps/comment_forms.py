"""What somebody says, and what about."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from products.roadmaps.comment_actions import LONGEST
from products.roadmaps.models import Comment, Roadmap


class CommentForm(forms.Form):
    """A comment: its words, and, hidden, what it is on."""

    text = forms.CharField(
        label="Comment",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Name people with @ and their account, such as @partner, to ask them. It stays as you write it.",
    )
    item = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    baseline = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    figure = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)
    answers = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, roadmap: Roadmap, **options: Any):
        super().__init__(*args, **options)
        self.roadmap = roadmap

    def clean_item(self):
        """Return the item, which is of this roadmap."""
        code = self.cleaned_data["item"]
        return self._found(self.roadmap.items.filter(code=code), "item", code) if code else None

    def clean_baseline(self):
        """Return the baseline, which is of this roadmap."""
        key = self.cleaned_data["baseline"]
        return self._found(self.roadmap.baselines.filter(pk=key), "baseline", key) if key else None

    def clean_answers(self):
        """Return the comment that is answered, which is of this roadmap."""
        key = self.cleaned_data["answers"]
        rows = Comment.objects.filter(roadmap=self.roadmap).select_related("item", "baseline", "answers")
        return self._found(rows.filter(pk=key), "comment", key) if key else None

    def _found(self, rows: Any, kind: str, key: object) -> Any:
        row = rows.first()
        if row is None:
            raise ValidationError(f"{self.roadmap} has no {kind} {key}. Go back to its page, and comment from there.")
        return row
