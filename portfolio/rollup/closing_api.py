"""Period closes in the API: closing a month is to record one, opening it again to retract it."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from funding.models import PeriodClose
from portfolio.common import access
from portfolio.common.api import CodePages, ReasonSerializer, RecordedSerializer, VisibleRows
from portfolio.common.months import parse_month
from portfolio.rollup import closing, exports
from portfolio.rollup.closing_filters import PeriodCloseFilter

MONTH = {"type": "string", "pattern": r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$", "example": "2016-04"}


@extend_schema_field(MONTH)
class MonthField(serializers.DateField):
    """A month, written 2016-04."""

    def __init__(self, **options: Any):
        super().__init__(format="%Y-%m", **options)


class GivenMonthField(MonthField):
    """A month that is given, written 2016-04."""

    def to_internal_value(self, value: Any) -> Any:
        """Return its first day."""
        try:
            return parse_month(str(value))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class PeriodCloseSerializer(RecordedSerializer):
    """A month that is closed: its figures, in the base currency, no longer move."""

    month = MonthField(read_only=True)

    class Meta:
        model = PeriodClose
        fields = ["month", "note", "ledger_cost", "cost", "value", "late_cost", "late_value", "digest"]
        read_only_fields = fields


class CloseSerializer(serializers.Serializer):
    """Which month to close; every earlier month that is open is closed with it."""

    month = GivenMonthField(help_text="The last month to close, such as 2016-04: one that is over.")
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class PeriodClosePages(CodePages):
    """Pages of closes, latest first."""

    ordering = "-pk"


class PeriodCloseViewSet(VisibleRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Period closes."""

    queryset = PeriodClose.objects.all()
    serializer_class = PeriodCloseSerializer
    pagination_class = PeriodClosePages
    filterset_class = PeriodCloseFilter
    export = exports.PERIOD_CLOSES
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "head", "options"]

    def filter_queryset(self, queryset):
        """Filter lists only: a single close is readable for ever, with when the month was opened again and why."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one close, for ever: with when its month was opened again, and why."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(request=CloseSerializer, responses={201: PeriodCloseSerializer}, filters=False)
    def create(self, request: Request) -> Response:
        """Close a month, and every earlier one that is open; returns the close of that month.

        A finance partner of the whole portfolio may. It is refused where a month is blocked or its figures are not up
        to date: the message says what waits.
        """
        self.may_add()
        given = CloseSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        closes = closing.close_through(by=request.user, **given.validated_data)
        return Response(self.get_serializer(closes[-1]).data, status=201)

    @extend_schema(
        request=ReasonSerializer,
        responses={200: PeriodCloseSerializer},
        description="Open this month again, which must be the last closed one; needs a `reason`. Returns the close.",
    )
    @action(detail=True, methods=["post"])
    def retract(self, request: Request, pk: str | None = None) -> Response:
        """Open a month again."""
        row = self.get_object()
        access.require(request.user, row)
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        row = closing.reopen(row, reason=given.validated_data["reason"], by=request.user)
        return Response(self.get_serializer(row).data)


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("period-closes", PeriodCloseViewSet)]
