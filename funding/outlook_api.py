"""The API of budget, actual and forecast."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from funding import outlook_exports as files
from funding.models import Allocation, FundingStream
from funding.outlook import scopes
from funding.outlook.asking import KINDS, PeriodForm
from funding.outlook.figures import Outlook
from portfolio.common.api import Exported
from products.catalog.models import Product, ValueStream

MONTH = {"type": "string", "pattern": r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$", "example": "2016-04"}


@extend_schema_field(MONTH)
class MonthField(serializers.DateField):
    """A month, written 2016-04."""

    def __init__(self, **options: Any):
        super().__init__(format="%Y-%m", **options)


def amount(**options: Any) -> serializers.DecimalField:
    """Return a field for money in the base currency, as a string."""
    return serializers.DecimalField(max_digits=24, decimal_places=2, **options)


class RangeSerializer(serializers.Serializer):
    """The 5th and the 95th percentile of an amount, and the middle half of it."""

    low = amount(help_text="5th percentile.")
    high = amount(help_text="95th percentile.")
    inner_low = amount(help_text="25th percentile.")
    inner_high = amount(help_text="75th percentile.")


class OutlookMonthSerializer(serializers.Serializer):
    """One month of the fiscal year that the period lies in."""

    month = MonthField()
    is_actual = serializers.BooleanField(help_text="Whether the books have it whole.")
    budget = amount()
    actual = amount()
    forecast = amount()
    budget_so_far = amount(help_text="Since the fiscal year began.")
    spent_so_far = amount(help_text="Actual and forecast since the fiscal year began.")
    range_so_far = RangeSerializer(allow_null=True, help_text="Of `spent_so_far`, in months that are forecast.")


class CauseSerializer(serializers.Serializer):
    """One reason why budget and spending differ."""

    name = serializers.CharField()
    amount = amount(help_text="What it adds to what is left; below zero, what it takes.")


class ForecastSerializer(serializers.Serializer):
    """What a forecast is made of."""

    people = amount(help_text="Teams that the ledger does not pay for, at their run-rate.")
    recurring = amount(help_text="What was spent month after month, less what is known of those months.")
    committed = amount(help_text="Commitments that the books do not have yet.")
    dated = amount(help_text="Ledger entries of later months.")


@extend_schema_serializer(many=False)  # one at a time, although it is had where lists are
class OutlookSerializer(serializers.Serializer):
    """Budget, actual and forecast of one stream, product or value stream, or of the whole, in the base currency."""

    period = serializers.ChoiceField(choices=KINDS, source="period.kind")
    first = MonthField(source="period.first", help_text="First month of the period.")
    last = MonthField(source="period.last", help_text="Last month of the period, included.")
    known = serializers.DateTimeField(source="book.at", allow_null=True)
    actual_until = MonthField(
        source="book.actual_until", allow_null=True, help_text="The last month that is over and has costs in the books."
    )
    budget = amount(help_text="allocated + transferred + carried")
    allocated = amount(help_text="Converted at the rate of each month's first day.")
    transferred = amount(help_text="What streams got from others, less what they gave.")
    carried = amount(help_text="What was carried in from the fiscal year before.")
    actual = amount(help_text="In the books, up to the last whole month.")
    forecast = amount(help_text="Of the months after that.")
    forecast_by_kind = ForecastSerializer()
    range = RangeSerializer(allow_null=True, help_text="Of `forecast`; null where no history tells one.")
    without_range = amount(help_text="The part of `forecast` that has no history, and counts in `range` as certain.")
    variance = amount(help_text="budget - actual - forecast; the causes add up to it.")
    capital = amount(help_text="Of actual and forecast, the capital expense.")
    operating = amount(help_text="Of actual and forecast, the rest.")
    without_rate = serializers.ListField(
        child=serializers.CharField(), source="book.without_rate", help_text="Currencies left out: no rate is known."
    )
    causes = CauseSerializer(many=True)
    months = OutlookMonthSerializer(many=True)


#: What may be asked for, one at a time: the model, and the function that gives the outlook of a row of it.
SCOPES: dict[str, tuple[type, Any]] = {
    "stream": (FundingStream, scopes.of_stream),
    "product": (Product, scopes.of_product),
    "value_stream": (ValueStream, scopes.of_value_stream),
}
PARAMETERS = [
    OpenApiParameter("stream", OpenApiTypes.STR, description="Code of a funding stream."),
    OpenApiParameter("product", OpenApiTypes.STR, description="Code of a product."),
    OpenApiParameter("value_stream", OpenApiTypes.STR, description="Code of a value stream; with all below it."),
    OpenApiParameter("period", OpenApiTypes.STR, enum=[kind for kind, _ in KINDS], description="`year` by default."),
    OpenApiParameter("first", MONTH, description="A month in the period; that of today by default."),
    OpenApiParameter("known", OpenApiTypes.DATETIME, description="As known at a moment."),
]


class OutlookViewSet(Exported, viewsets.GenericViewSet):
    """Budget, actual and forecast, with a range and the causes of the variance."""

    queryset = Allocation.objects.none()
    serializer_class = OutlookSerializer
    pagination_class = None
    filter_backends = ()
    export = files.MONTHS

    def asked(self) -> Outlook:
        """Return what is asked for. Raises a validation error that names each parameter that is wrong."""
        form = PeriodForm(self.request.query_params)
        wrong: dict[str, Any] = {} if form.is_valid() else {name: list(said) for name, said in form.errors.items()}
        given = {name: code for name in SCOPES if (code := self.request.query_params.get(name))}
        if len(given) > 1:
            wrong[list(given)[1]] = [f"Ask for one of {', '.join(SCOPES)} at a time, or for none of them: the whole."]
        rows = {}
        for name, code in given.items():
            model = SCOPES[name][0]
            rows[name] = (
                None if "\x00" in code else model.objects.visible_to(self.request.user).filter(code=code).first()
            )
            if rows[name] is None:
                wrong.setdefault(name, []).append(f"There is no {model._meta.verbose_name} with the code {code!r}.")
        if wrong:
            raise serializers.ValidationError(wrong)
        for name, row in rows.items():
            return SCOPES[name][1](row, form.asked, form.at)[0]
        return scopes.of_whole(form.asked, form.at)[0]

    @extend_schema(parameters=PARAMETERS, responses={200: OutlookSerializer})
    def list(self, request: Request) -> Any:
        """Return the outlook of a stream, a product, a value stream or the whole; as a file, its months."""
        outlook = self.asked()
        if self.asked_form:
            return self.exported(files.months(outlook), [parameter.name for parameter in PARAMETERS])
        return Response(self.get_serializer(outlook).data)


routes: list = [("outlooks", OutlookViewSet)]
