"""This room's part of the API: standings over any window, their headline, and the roll-ups that made them."""

from decimal import Decimal
from hashlib import blake2b
from typing import Any

import orjson
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import CodePages, Exported, ExportedRows
from portfolio.common.months import month_range, today
from portfolio.rollup import closing_api, exports, reading, tasks
from portfolio.rollup.closing_api import MONTH, MonthField
from portfolio.rollup.filters import RunFilter, StandingForm
from portfolio.rollup.freshness import freshness
from portfolio.rollup.headline import headline
from portfolio.rollup.models import BlockedMonth, Run, Standing, Window
from portfolio.rollup.monthly import monthly
from portfolio.rollup.pulse import Pulse, pulse
from products.catalog.models import Kind, Stage
from products.value.models import Evidence


def amount(**options: Any) -> serializers.DecimalField:
    """Return a field for money in the base currency, as a string."""
    return serializers.DecimalField(max_digits=24, decimal_places=2, **options)


def per_unit(**options: Any) -> serializers.DecimalField:
    """Return a field for value per unit of money, as a string; null where there is no denominator or no value."""
    return serializers.DecimalField(max_digits=30, decimal_places=6, allow_null=True, **options)


def end(of: str, which: str) -> serializers.DecimalField:
    """Return a field for one end of a 90 % range."""
    make = per_unit if of in ("direct", "loaded", "credited") else amount
    percentile = {"low": "5th", "high": "95th"}[which]
    return make(**({} if make is per_unit else {"allow_null": True}), help_text=f"{percentile} percentile of `{of}`.")


class StandingSerializer(serializers.Serializer):
    """The figures of one product over the window, in the base currency; ranges are the 5th and 95th percentile."""

    product = serializers.CharField(source="product.code")
    value_stream = serializers.CharField(source="product.value_stream.code")
    to = MonthField(source="last_month", help_text="Last month of the window, included.")
    direct_cost = amount(help_text="Ledger, and the run-rate of teams where the ledger has no labour.")
    loaded_cost = amount(allow_null=True, help_text="Own cost with all it pulled; overlaps between products.")
    own_value = amount(help_text="Value that reached its own customers.")
    own_value_low = end("own_value", "low")
    own_value_high = end("own_value", "high")
    reached_value = amount(allow_null=True, help_text="All value it took part in; overlaps between products.")
    reached_value_low = end("reached_value", "low")
    reached_value_high = end("reached_value", "high")
    credited_value = amount(help_text="The part its own money earned; adds up over products.")
    credited_value_low = end("credited_value", "low")
    credited_value_high = end("credited_value", "high")
    direct = per_unit(help_text="own_value / direct_cost")
    direct_low = end("direct", "low")
    direct_high = end("direct", "high")
    loaded = per_unit(help_text="own_value / loaded_cost")
    loaded_low = end("loaded", "low")
    loaded_high = end("loaded", "high")
    credited = per_unit(help_text="credited_value / direct_cost")
    credited_low = end("credited", "low")
    credited_high = end("credited", "high")
    evidence = serializers.ChoiceField(
        choices=["", *Evidence.values], help_text="What most of its credited value rests on; empty without value."
    )
    rank = serializers.IntegerField(allow_null=True, help_text="By `credited` among all products; ties share a rank.")
    is_tied = serializers.BooleanField(help_text="Its range overlaps with that of the first of its rank.")
    is_valued = serializers.BooleanField(help_text="Whether any value reaches it at all.")
    is_blocked = serializers.BooleanField(help_text="A month of the window cannot be worked out.")
    is_illustrative = serializers.BooleanField(source="product.is_illustrative", help_text="Made up.")
    has_carried_shares = serializers.BooleanField(help_text="Metering has stopped; its last shares are carried on.")
    overdue_days = serializers.IntegerField(help_text="Of its most overdue valued metric.")

    def get_fields(self) -> dict[str, serializers.Field]:
        """Put in `from`, which is a word of the language."""
        fields = super().get_fields()
        first = MonthField(source="first_month", help_text="First month of the window.")
        return {"product": fields.pop("product"), "value_stream": fields.pop("value_stream"), "from": first, **fields}


def told(row: Standing) -> dict[str, Any]:
    """Return a standing as `StandingSerializer` gives it, at a tenth of what it costs: there are thousands."""
    product = row.product
    return {
        "product": product.code,
        "value_stream": product.value_stream.code,
        "from": f"{row.first_month:%Y-%m}",
        "to": f"{row.last_month:%Y-%m}",
        **{name: None if (found := getattr(row, name)) is None else f"{found:.2f}" for name in AMOUNTS},
        **{name: None if (found := getattr(row, name)) is None else f"{Decimal(repr(found)):.6f}" for name in PER_UNIT},
        "evidence": row.evidence,
        "rank": row.rank,
        "is_tied": row.is_tied,
        "is_valued": row.is_valued,
        "is_blocked": row.is_blocked,
        "is_illustrative": product.is_illustrative,
        "has_carried_shares": row.has_carried_shares,
        "overdue_days": row.overdue_days,
    }


_SPREAD = ("own_value", "reached_value", "credited_value")
AMOUNTS = ("direct_cost", "loaded_cost", *(f"{name}{end}" for name in _SPREAD for end in ("", "_low", "_high")))
PER_UNIT = tuple(f"{name}{end}" for name in ("direct", "loaded", "credited") for end in ("", "_low", "_high"))


def _key(request: Request, beat: Pulse) -> str:
    asked = f"{request.build_absolute_uri()} {today()} {settings.TWOFOLD_FISCAL_YEAR_START}"
    return f"standings-json:{beat.key}:{blake2b(asked.encode(), digest_size=16).hexdigest()}"


class RunSerializer(serializers.ModelSerializer):
    """One roll-up: why, over what, how long, and whether its sums held."""

    class Meta:
        model = Run
        fields = [
            "id",
            "cause",
            "is_full",
            "started_at",
            "seconds",
            "months",
            "product_months",
            "rows",
            "seed",
            "invariants",
            "has_held",
            "error",
        ]
        read_only_fields = fields


class FreshnessSerializer(serializers.Serializer):
    """How fresh the figures are."""

    at = serializers.DateTimeField(allow_null=True, help_text="When they were last worked out.")
    stale = serializers.IntegerField(help_text="Product-months that wait to be worked out again.")
    blocked = serializers.ListField(child=MonthField(), help_text="Months of the window that cannot be worked out.")


class MonthSerializer(serializers.Serializer):
    """One month of the chosen products."""

    month = MonthField()
    direct_cost = amount(source="cost")
    credited_value = amount(source="value")
    credited_value_low = amount(source="low", allow_null=True)
    credited_value_high = amount(source="high", allow_null=True)


class SummarySerializer(serializers.Serializer):
    """The headline of the chosen products: what each unit of money returned."""

    to = MonthField(source="asked.last")
    window = serializers.ChoiceField(choices=["", *Window.values], source="asked.window")
    known = serializers.DateTimeField(source="asked.at", allow_null=True)
    products = serializers.IntegerField(source="headline.products")
    valued = serializers.IntegerField(source="headline.valued")
    direct_cost = amount(source="headline.spend")
    credited_value = amount(source="headline.value")
    credited = per_unit(source="headline.credited", help_text="credited_value / direct_cost")
    credited_low = per_unit(source="headline.low", help_text="5th percentile.")
    credited_high = per_unit(source="headline.high", help_text="95th percentile.")
    year_before = per_unit(source="headline.year_before", help_text="`credited` over the window a year earlier.")
    months = MonthSerializer(many=True)
    run = RunSerializer(allow_null=True, help_text="The roll-up that made the figures.")
    freshness = FreshnessSerializer()

    def get_fields(self) -> dict[str, serializers.Field]:
        """Put in `from`, which is a word of the language."""
        return {"from": MonthField(source="asked.first"), **super().get_fields()}


class StandingPages(PageNumberPagination):
    """Pages by number: standings are worked out for the window that is asked for, so there is no key to go on from."""

    page_size = CodePages.page_size
    max_page_size = CodePages.max_page_size
    page_size_query_param = CodePages.page_size_query_param


def _parameter(name: str, description: str, schema: Any = OpenApiTypes.STR, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, schema, description=description, **options)


PARAMETERS = [
    _parameter("window", "A kept window; the 12 months to the latest whole month by default.", enum=Window.values),
    _parameter("from", "First month of any window, with `to`; goes before `window`.", MONTH),
    _parameter("to", "Last month of the window, included; at most 120 months after `from`.", MONTH),
    _parameter(
        "known", "As known at a moment: only what was recorded and not yet retracted then.", OpenApiTypes.DATETIME
    ),
    _parameter("product", "Codes of products, several with commas."),
    _parameter("value_stream", "Codes of value streams, several with commas; each with all streams below it."),
    _parameter("stage", "Only products of a stage.", enum=Stage.values),
    _parameter("kind", "Only products of a kind.", enum=Kind.values),
    _parameter("evidence", "Only products whose credited value rests mostly on this.", enum=Evidence.values),
    _parameter("valued", "Only products that value reaches, or only those without.", enum=["yes", "no"]),
    _parameter("search", "Words in a product's name or code."),
]


class StandingViewSet(Exported, viewsets.GenericViewSet):
    """What each product cost and was worth over a window, with its value per unit of money."""

    queryset = Standing.objects.none()
    serializer_class = StandingSerializer
    pagination_class = StandingPages
    filter_backends = ()
    export = exports.STANDINGS

    def asked(self) -> StandingForm:
        """Return what is asked for. Raises a validation error that names each parameter that is wrong."""
        form = StandingForm(self.request.query_params)
        if not form.is_valid():
            raise serializers.ValidationError(
                {("non_field_errors" if name == "__all__" else name): list(said) for name, said in form.errors.items()}
            )
        return form

    @extend_schema(parameters=PARAMETERS)
    def list(self, request: Request) -> HttpResponseBase:
        """List the standings of products over a window, by product code; empty where there are no figures yet."""
        # Reading is open to who is signed in, which has been asked by now: the same figures have the same answer.
        key = _key(request, pulse())
        body = None if self.asked_form else cache.get(key)
        if body is None:
            form = self.asked()
            rows = form.chosen(reading.read_standings(form.asked)) if form.asked else []
            rows = sorted(rows, key=lambda row: row.product.code)
            if self.asked_form:
                return self.exported(rows, form.fields)
            page = self.paginate_queryset(rows)
            body = orjson.dumps(self.get_paginated_response([told(row) for row in page]).data)
            if form.asked and form.asked.at is None:
                cache.set(key, body, reading.CACHED_FOR)
        return HttpResponse(body, content_type="application/json")

    @extend_schema(parameters=PARAMETERS, responses=SummarySerializer, filters=False)
    @action(detail=False, pagination_class=None, serializer_class=SummarySerializer)
    def summary(self, request: Request) -> Response:
        """Give the headline of the chosen products: one ratio with its range, the year before, and by month."""
        form = self.asked()
        if form.asked is None:
            raise serializers.ValidationError(
                {"window": "There are no figures yet. Record costs and observations; they follow within seconds."}
            )
        standings = reading.read_standings(form.asked)
        chosen = form.chosen(standings)
        products = {row.product_id for row in chosen} if form.is_narrowed else None
        months = list(month_range(form.asked.first, form.asked.last))
        series = monthly(months, products, form.asked)
        fresh = freshness()
        blocked = BlockedMonth.objects.filter(month__gte=form.asked.first, month__lte=form.asked.last)
        shown = {
            "asked": form.asked,
            "headline": headline(form.asked, standings, chosen, is_narrowed=form.is_narrowed),
            "months": [
                {"month": month, "cost": cost, "value": value, "low": low, "high": high}
                for month, cost, value, low, high in zip(
                    series.months, series.cost, series.value, series.low, series.high, strict=True
                )
            ],
            "run": reading.latest_run(),
            "freshness": {
                "at": fresh.at,
                "stale": fresh.stale,
                "blocked": list(blocked.values_list("month", flat=True)),
            },
        }
        return Response(self.get_serializer(shown).data)


class RunPages(CodePages):
    """Pages of runs, latest first."""

    ordering = "-pk"


class RunStartedSerializer(serializers.Serializer):
    """A full roll-up that is under way, or done already where there is no worker to hand it to."""

    cause = serializers.CharField()
    latest = RunSerializer(allow_null=True, help_text="The latest run that has ended.")


class RunViewSet(ExportedRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The roll-ups: why each ran, what it read and wrote, and whether its sums held."""

    queryset = Run.objects.all()
    serializer_class = RunSerializer
    pagination_class = RunPages
    filterset_class = RunFilter
    export = exports.RUNS
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(request=None, responses={202: RunStartedSerializer}, filters=False)
    def create(self, request: Request) -> Response:
        """Start a full roll-up; a leader or finance partner of the whole portfolio may."""
        access.require(request.user, Run())
        cause = f"full roll-up, asked for by {request.user}"
        transaction.on_commit(lambda: tasks.roll_up.delay(cause), robust=True)
        shown = {"cause": cause, "latest": reading.latest_run()}
        return Response(RunStartedSerializer(shown).data, status=202)


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("standings", StandingViewSet), ("rollup-runs", RunViewSet), *closing_api.routes]
