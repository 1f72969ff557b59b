"""Forms of proposals and decisions."""

from django import forms
from django.core.exceptions import ValidationError

from portfolio.common.months import FIRST_DAY, LAST_DAY
from portfolio.rebalance.models import Scenario


class ProposeForm(forms.Form):
    """What a scenario is proposed as, and what else was considered."""

    title = forms.CharField(max_length=120, help_text="What it does, in a few words: Move £2m a year to renewals.")
    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Why the money should move, for those who approve it and those who look back.",
    )
    alternatives = forms.ModelMultipleChoiceField(
        queryset=Scenario.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Also considered",
        help_text="What each of these would have brought is kept beside it. Leaving it as it is always is.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args, scenario: Scenario, **options):
        super().__init__(*args, **options)
        others = Scenario.objects.filter(archived_at=None, value_stream=scenario.value_stream).exclude(pk=scenario.pk)
        self.fields["alternatives"].queryset = others.order_by("-edited_at", "-pk")
        if not others.exists():
            del self.fields["alternatives"]


class ApproveForm(forms.Form):
    """A yes, with a comment or without."""

    comment = forms.CharField(max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class DeclineForm(forms.Form):
    """A no, with its reason."""

    comment = forms.CharField(
        max_length=500,
        label="Why not",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Whoever proposed it needs to know what to change.",
    )


class WhyForm(forms.Form):
    """Why a proposal is withdrawn."""

    why = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class RevertForm(forms.Form):
    """Why a decision is taken back, and from when on."""

    why = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it did not do, or what is known now that was not then.",
    )
    starts = forms.DateField(
        label="From",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The first day on which every amount is what it was before.",
    )

    def clean_starts(self):
        """Refuse a year typed wrongly."""
        day = self.cleaned_data["starts"]
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError(f"{day} is out of reach; a date lies between {FIRST_DAY} and {LAST_DAY}.")
        return day
