"""Forms of reviews."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from portfolio.common.filters import MomentField
from products.roadmaps.models import Review, Roadmap
from products.roadmaps.review_actions import checked_decisions


class KnownForm(forms.Form):
    """As of which moment an agenda is asked for."""

    known = MomentField()


class DecisionsField(forms.CharField):
    """Decisions, a line each: what | whose | due on | done on; all but the first may be left out."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "true"})

    def prepare_value(self, value: Any) -> Any:
        """Return the lines of decisions."""
        if not isinstance(value, list):
            return value
        return "\n".join(
            " | ".join([row["text"], row.get("who") or "", row.get("due_on") or "", row.get("done_on") or ""]).rstrip(
                " |"
            )
            for row in value
        )

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        """Return the decisions of the lines."""
        rows = []
        for number, line in enumerate((value or "").splitlines(), start=1):
            if not line.strip():
                continue
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) > 4:
                raise ValidationError(
                    f"Line {number} has {len(cells)} parts; write at most four: what | whose | due on | done on."
                )
            rows.append(dict(zip(("text", "who", "due_on", "done_on"), cells, strict=False)))
        try:
            return checked_decisions(rows)
        except ValidationError as error:
            raise ValidationError(error.messages) from error

    def validate(self, value: Any) -> None:
        """Take no decisions, too."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether other lines were given."""
        return super().has_changed(self.prepare_value(initial), data)


class ReviewForm(forms.ModelForm):
    """What was said and decided in a review, and who was there."""

    decisions = DecisionsField(
        required=False,
        help_text="A line each: what was decided | whose it is | the day it is due | the day it was done. Only the "
        "first is needed: Ask drivers on paper what they miss | Ada | 2017-05-01.",
    )

    class Meta:
        model = Review
        fields = ["held_on", "present", "minutes", "decisions", "is_illustrative"]
        widgets = {
            "held_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "present": forms.Textarea(attrs={"rows": 4}),
            "minutes": forms.Textarea(attrs={"rows": 10}),
        }


class NewReviewForm(ReviewForm):
    """A review of a roadmap."""

    roadmap = forms.ModelChoiceField(queryset=Roadmap.objects.order_by("name", "pk"))

    class Meta(ReviewForm.Meta):
        fields = ["roadmap", *ReviewForm.Meta.fields]
