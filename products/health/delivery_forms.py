"""Forms of delivery: what a person enters where no pipeline posts it."""

from django import forms

from products.health.models import DeliveryEvent


def moment_input() -> forms.DateTimeInput:
    """Return a box for a moment."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class DeliveryEventForm(forms.ModelForm):
    """A deployment, a failure or the end of one."""

    class Meta:
        model = DeliveryEvent
        fields = ["service", "kind", "happened_at", "begun_at", "reference", "caused_by", "is_illustrative"]
        labels = {"happened_at": "When", "begun_at": "First change made", "caused_by": "Caused by"}
        help_texts = {
            "happened_at": "In universal time (UTC).",
            "begun_at": "Of a deployment: when work on it was first committed, in UTC. Its lead time is counted from "
            "then.",
            "reference": "Of a deployment, a commit or tag; of a failure or a restore, what it is known by, such as an "
            "incident's code.",
            "caused_by": "Of a failure: the reference of the deployment that failed. Left empty it is the last one "
            "before it.",
        }
        widgets = {"happened_at": moment_input(), "begun_at": moment_input()}
