"""What pages and API can be asked of an outlook, all of it in the address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms

from funding.outlook.periods import MONTH, QUARTER, YEAR, Period, period_of
from portfolio.common.filters import MomentField, MonthField
from portfolio.common.months import today

KINDS = [(YEAR, "Fiscal year"), (QUARTER, "Quarter"), (MONTH, "Month")]
#: The board's words for its windows, which an address that was made there may have.
WINDOWS = {"fy": YEAR, "t12m": YEAR, "quarter": QUARTER, "month": MONTH}


class PeriodForm(forms.Form):
    """A month, a quarter or a fiscal year, that of today unless a month in it is given; as known now or at a moment."""

    period = forms.ChoiceField(choices=KINDS, required=False)
    first = MonthField(required=False, label="With the month")
    known = MomentField()

    def __init__(self, data: Mapping[str, Any]):
        given = {name: data[name] for name in data}
        if not given.get("period") and given.get("window") in WINDOWS:
            given["period"] = WINDOWS[given["window"]]
        super().__init__(given, initial={"period": YEAR})

    @property
    def asked(self) -> Period:
        """The period; what is wrong is as if it were not given."""
        self.is_valid()
        given = self.cleaned_data
        return period_of(given.get("period") or YEAR, given.get("first") or today())

    @property
    def at(self) -> datetime | None:
        """The moment as of which it is to be known; None for now."""
        self.is_valid()
        return self.cleaned_data.get("known")
