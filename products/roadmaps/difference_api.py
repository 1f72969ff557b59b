"""The API of differences between versions of a roadmap: exact, to be applied, and told, to be read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from portfolio.common.api import Exported
from products.roadmaps.agreement_api import ROADMAP, roadmap_asked
from products.roadmaps.agreement_exports import DIFFERENCE
from products.roadmaps.comparing import (
    NOW,
    SIGNED,
    Comparison,
    NoSuchVersion,
    Told,
    Version,
    asked_for,
    compare,
    summed_up,
    totals_of,
)
from products.roadmaps.difference import Kind
from products.roadmaps.models import Baseline, Roadmap


class RoadmapVersionSerializer(serializers.Serializer):
    """One of the two versions."""

    baseline = serializers.IntegerField(allow_null=True, help_text="Key of the baseline; null is now.")
    number = serializers.IntegerField(allow_null=True, help_text="The baseline's number.")
    name = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="Of the roadmap.")


class ChangedLineSerializer(serializers.Serializer):
    """What was and what came, in words."""

    vars()["label"] = serializers.CharField()
    old = serializers.CharField(allow_null=True)
    new = serializers.CharField()


class ChangedWhySerializer(serializers.Serializer):
    """A change in the log that is part of it."""

    number = serializers.IntegerField()
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    at = serializers.DateTimeField()
    why = serializers.CharField(allow_blank=True)


class ChangedPartSerializer(serializers.Serializer):
    """One kind of change of an item."""

    kind = serializers.CharField(source="part.key")
    title = serializers.CharField(source="part.title")
    is_material = serializers.BooleanField(source="part.is_material")
    lines = ChangedLineSerializer(source="part.lines", many=True)
    changes = ChangedWhySerializer(many=True)


class PromisedAmountSerializer(serializers.Serializer):
    """Money a month."""

    currency = serializers.CharField()
    amount = serializers.DecimalField(max_digits=None, decimal_places=0)


class DifferenceEntrySerializer(serializers.Serializer):
    """All that happened to one item; what matters most comes first."""

    item = serializers.CharField(source="code")
    name = serializers.CharField()
    is_material = serializers.BooleanField()
    value_changes = serializers.SerializerMethodField(help_text="What its promise is worth a month, more or less.")
    voids = serializers.SerializerMethodField(help_text="Accounts whose signature no longer stands for it.")
    parts = ChangedPartSerializer(many=True)

    def get_value_changes(self, entry: Told) -> list[dict[str, str]]:
        """Return the amounts by currency."""
        return amounts_of(entry.amounts)

    def get_voids(self, entry: Told) -> list[str]:
        """Return the accounts."""
        return [said.account for said in entry.voids]


class DifferenceSerializer(serializers.Serializer):
    """What lies between two versions: exactly, to be applied to the first, and told, to be read."""

    roadmap = serializers.CharField()
    vars()["from"] = RoadmapVersionSerializer()
    to = RoadmapVersionSerializer()
    summary = serializers.CharField()
    totals = PromisedAmountSerializer(many=True)
    exact = serializers.DictField(
        help_text="`roadmap`, `added`, `removed`, `changed` by item and field, and `order`; each change as [old, new]."
    )
    entries = DifferenceEntrySerializer(many=True)


def amounts_of(amounts: Mapping[str, Decimal]) -> list[dict[str, str]]:
    """Return amounts as the API gives them: exact, as text."""
    return [{"currency": currency, "amount": f"{amount:f}"} for currency, amount in sorted(amounts.items())]


@dataclass(frozen=True)
class DifferenceRow:
    """A line of a difference as a file has it; the amount of an item is on its first line."""

    item: str
    name: str
    kind: str
    field: str
    old: str | None
    new: str
    is_material: bool
    by: str
    why: str
    value_change: Decimal | None
    currency: str


class DifferenceViewSet(Exported, viewsets.GenericViewSet):
    """What changed between two versions of a roadmap."""

    queryset = Baseline.objects.none()
    serializer_class = DifferenceSerializer
    pagination_class = None
    filter_backends: list = []
    export = DIFFERENCE

    @extend_schema(
        parameters=[
            ROADMAP,
            OpenApiParameter(
                "from", OpenApiTypes.STR,
                description="Key of a baseline; signed is the one that the caller signed last; by default the latest.",
            ),
            OpenApiParameter("to", OpenApiTypes.STR, description="Key of a later baseline; now by default."),
            OpenApiParameter("kind", OpenApiTypes.STR, enum=[kind.name.lower() for kind in Kind]),
            OpenApiParameter("product", OpenApiTypes.STR, description="Code of a product."),
        ],
        # One difference, though it is asked for like a list.
        responses=forced_singular_serializer(DifferenceSerializer),
    )  # fmt: skip
    def list(self, request):
        """Tell what changed, item by item, what matters most first."""
        query = request.query_params
        roadmap = roadmap_asked(query, request.user)
        kind = query.get("kind", "")
        if kind and kind not in {one.name.lower() for one in Kind}:
            known = ", ".join(one.name.lower() for one in Kind)
            raise ValidationError({"kind": [f"There is no kind of change {kind!r}; the kinds are {known}."]})
        try:
            old, new = (_number(roadmap, name, query.get(name, "")) for name in ("from", "to"))
            found = compare(roadmap, *asked_for(roadmap, old, new, reader=request.user))
        except NoSuchVersion as error:
            raise ValidationError({"from": [str(error)]}) from error
        shown = found.only(kind=kind, product=query.get("product", ""))
        if self.asked_form:
            return self.exported(list(_rows(shown)), ["roadmap", "from", "to", "kind", "product"])
        return Response(
            {
                "roadmap": roadmap.code,
                "from": _version(found.old),
                "to": _version(found.new),
                "summary": summed_up(shown, is_roadmap=bool(found.roadmap) and len(shown) == len(found.told)),
                "totals": amounts_of(totals_of(shown)),
                "exact": _exact(found),
                "entries": DifferenceEntrySerializer(shown, many=True).data,
            }
        )


def _number(roadmap: Roadmap, name: str, asked: str) -> str:
    """Return the number of the baseline that is asked for by its key; words as they are."""
    if asked in ("", NOW, SIGNED):
        return asked
    key = int(asked) if asked.isdecimal() and len(asked) < 19 else None
    number = roadmap.baselines.filter(pk=key).values_list("number", flat=True).first() if key else None
    if number is None:
        raise ValidationError(
            {
                name: [
                    f"{roadmap} has no baseline with the key {asked!r}. See /api/v1/baselines/?roadmap={roadmap.code}."
                ]
            }
        )
    return str(number)


def _version(version: Version) -> dict[str, Any]:
    baseline = version.baseline
    return {
        "baseline": baseline.pk if baseline else None,
        "number": baseline.number if baseline else None,
        "name": version.name,
        "at": version.at,
        "version": version.number,
    }


def _exact(found: Comparison) -> dict[str, Any]:
    exact = found.exact
    return {
        "roadmap": exact.roadmap,
        "added": exact.added,
        "removed": exact.removed,
        "changed": exact.changed,
        "order": exact.order,
    }


def _rows(shown: Iterable[Told]) -> Iterator[DifferenceRow]:
    for entry in shown:
        first = True
        for reasoned in entry.parts:
            for line in reasoned.part.lines:
                amounts = entry.amounts if first and len(entry.amounts) == 1 else {}
                currency = next(iter(amounts), "")
                yield DifferenceRow(
                    entry.code, entry.name, reasoned.part.key, line.label, line.old, line.new,
                    reasoned.part.is_material,
                    ", ".join(dict.fromkeys(str(change.by or "") for change in reasoned.changes)),
                    " / ".join(change.why for change in reasoned.changes if change.why),
                    amounts.get(currency), currency,
                )  # fmt: skip
                first = False


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("differences", DifferenceViewSet)]
