"""Forms of themes, and of feedback."""

from django import forms

from products.catalog.forms import DescribedForm
from products.catalog.models import FeedbackForm, Segment, Theme


class ThemeForm(DescribedForm):
    """What customers of a product say again and again."""

    class Meta:
        model = Theme
        fields = ["product", "name", "code", "summary", "is_illustrative"]
        widgets = {"summary": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["product"]


class FeedbackFormForm(DescribedForm):
    """The public form of a product."""

    field_order = ["product", "name", "code", "intro", "thanks", "is_open", "is_illustrative"]

    class Meta:
        model = FeedbackForm
        fields = ["product", "name", "code", "intro", "thanks", "is_open", "is_illustrative"]
        labels = {"name": "Title", "intro": "What a customer reads first", "thanks": "What they read once it is sent"}
        help_texts = {
            "name": "Everybody can read it, and what follows.",
            "code": "Part of the form's address, such as vehicle-tax.",
        }
        widgets = {"intro": forms.Textarea(attrs={"rows": 3}), "thanks": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["product"]


class KeepForm(forms.Form):
    """A piece of feedback that becomes an insight."""

    text = forms.CharField(
        label="What they said", widget=forms.Textarea(attrs={"rows": 5}), max_length=4000, required=True
    )
    theme = forms.ModelChoiceField(queryset=Theme.objects.none(), required=False, empty_label="None yet")
    segment = forms.ModelChoiceField(queryset=Segment.objects.none(), required=False, empty_label="Not known")

    def __init__(self, *args, feedback, **options):
        super().__init__(*args, **options)
        product = feedback.form.product_id
        self.fields["theme"].queryset = Theme.objects.filter(product=product).order_by("name")
        self.fields["segment"].queryset = Segment.objects.filter(product=product).order_by("name")
        if feedback.may_quote:
            self.fields["text"].initial = feedback.text
            self.fields["text"].help_text = "Everybody who signs in can read it. They agreed to be quoted."
        else:
            self.fields[
                "text"
            ].help_text = (
                "Everybody who signs in can read it. They did not agree to be quoted: say it in your own words."
            )
