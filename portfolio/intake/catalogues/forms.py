"""The form of a catalogue: its format, its files, and where what is new in them goes."""

from django import forms
from django.template.defaultfilters import filesizeformat

from portfolio.common.models import User
from portfolio.intake.catalogues.formats import FORMATS, formats_for
from portfolio.intake.catalogues.uploads import Bundle
from products.catalog.models import Product, ValueStream

MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 50


class SeveralFiles(forms.FileInput):
    """An input of as many files as are chosen."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, cleaned as a list."""

    widget = SeveralFiles(attrs={"accept": ".yaml,.yml,.json,.csv,text/csv,application/json,application/yaml"})

    def clean(self, data, initial=None) -> list:
        """Return the files; refuse too many, and more bytes than are previewed in a page."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given:
            return [super().clean(None, initial)]
        files = [super(FilesField, self).clean(one, initial) for one in given]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(f"{len(files)} files were chosen; at most {MOST_FILES} go in at once.")
        size = sum(file.size for file in files)
        if size > MOST_BYTES:
            raise forms.ValidationError(
                f"The files have {filesizeformat(size)}; at most {filesizeformat(MOST_BYTES)} are taken here. Leave "
                "some out, or have the operator load them with the command."
            )
        return files


class CatalogueForm(forms.Form):
    """A format, its files, and where new rows go."""

    format = forms.ChoiceField(label="What the files are")
    files = FilesField(
        label="Files",
        help_text=f"One or several that refer to each other; at most {MOST_BYTES // 1024**2} MB together.",
    )
    value_stream = forms.ModelChoiceField(
        ValueStream.objects.none(),
        required=False,
        to_field_name="code",
        empty_label="None",
        help_text="Of a Backstage catalogue: where systems that are new become products.",
    )
    product = forms.ModelChoiceField(
        Product.objects.none(),
        required=False,
        to_field_name="code",
        empty_label="None",
        help_text="Where services that are new and have no system go.",
    )

    def __init__(self, *args, user: User, **options):
        super().__init__(*args, **options)
        self.fields["format"].choices = [("", "Choose"), *((of.name, of.label) for of in formats_for(user))]
        self.fields["value_stream"].queryset = ValueStream.objects.visible_to(user).order_by("name", "pk")
        self.fields["product"].queryset = Product.objects.visible_to(user).order_by("name", "pk")

    @property
    def bundle(self) -> Bundle:
        """What was given, to be kept or loaded."""
        given = self.cleaned_data
        return Bundle(
            FORMATS[given["format"]],
            [(file.name, file.read()) for file in given["files"]],
            given["value_stream"],
            given["product"],
        )
