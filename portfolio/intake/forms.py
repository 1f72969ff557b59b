"""The form of an upload."""

import io

from django import forms
from django.template.defaultfilters import filesizeformat

from portfolio.common import access
from portfolio.common.models import User
from portfolio.intake.errors import Problem, Unreadable
from portfolio.intake.files import csv_chunks
from portfolio.intake.kinds import KINDS, Kind

MOST_BYTES = 10 * 1024 * 1024


def kinds_for(user: User) -> list[Kind]:
    """Return the kinds of which `user` may add a row somewhere."""
    return [kind for kind in KINDS.values() if access.may_add(user, kind.model)]


class UploadForm(forms.Form):
    """A kind and a file; a file that cannot be read is explained beside it."""

    kind = forms.ChoiceField(label="What the rows are")
    file = forms.FileField(
        label="CSV file",
        help_text=f"UTF-8, with the columns' names in its first row; at most {MOST_BYTES // 1024**2} MB.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )

    def __init__(self, *args, user: User, **options):
        super().__init__(*args, **options)
        self.fields["kind"].choices = [("", "Choose"), *((kind.name, kind.label) for kind in kinds_for(user))]
        self.problems: list[Problem] = []
        self.content = b""

    def clean_file(self):
        """Refuse what is too large to be previewed in a page."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                f"The file has {filesizeformat(file.size)}; at most {filesizeformat(MOST_BYTES)} are taken here. Split "
                "it, or have the operator load it with the import command."
            )
        return file

    def clean(self) -> dict:
        """Read the file: its rows are not looked at yet."""
        given = super().clean()
        if given.get("kind") and given.get("file"):
            self.content = given["file"].read()
            try:
                for _ in csv_chunks(io.BytesIO(self.content), KINDS[given["kind"]]):
                    pass
            except Unreadable as error:
                self.problems = error.problems
                for problem in error.problems:
                    self.add_error("file", f"{problem.place}: {problem.message}")
        return given
