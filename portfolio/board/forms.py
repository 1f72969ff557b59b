"""What the board and a product's page can be asked, all of it in the address."""

from django import forms

from portfolio.board.figures import SORTS
from portfolio.rollup.filters import StandingForm, WindowForm
from products.catalog.models import ValueStream


class BoardForm(StandingForm):
    """The window, which products, and their order: by value stream, or by a column."""

    sort = forms.CharField(required=False, widget=forms.HiddenInput)

    #: Shown at once; the others are behind a button.
    FIRST = ("window", "value_stream", "stage", "evidence", "search")
    MORE = ("kind", "valued", "from", "to", "known", "product")

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["value_stream"].widget = forms.Select(
            choices=[("", "any"), *((row.code, "\u2003" * row.depth + row.name) for row in _tree())]
        )

    def clean_sort(self) -> str:
        """Return the column, with a minus for largest first; an unknown one is as none."""
        sort = self.cleaned_data["sort"]
        return sort if sort.removeprefix("-") in SORTS else ""

    def first(self) -> list[forms.BoundField]:
        """Return the fields that are shown at once."""
        return [self[name] for name in self.FIRST]

    def more(self) -> list[forms.BoundField]:
        """Return the other fields."""
        return [self[name] for name in self.MORE]

    @property
    def is_set(self) -> bool:
        """Whether anything but the order is asked for."""
        return any(self[name].value() for name in (*self.FIRST, *self.MORE))

    @property
    def has_more(self) -> bool:
        """Whether one of the other fields is in use."""
        return any(self[name].value() or self[name].errors for name in self.MORE)


def _tree() -> list[ValueStream]:
    return ValueStream.objects.all().as_tree()


class ProductForm(WindowForm):
    """The window of a product's statement, and by what its past is told."""

    BY = (("quarter", "quarter"), ("month", "month"), ("year", "fiscal year"))

    by = forms.ChoiceField(choices=BY, required=False, label="Over time by")

    field_order = ("window", "from", "to", "known", "by")

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.order_fields(self.field_order)
