"""The API of items: read with an ETag, changed with If-Match, moved and brought on by calls of their own."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import ActionSerializer, CodeField, VisibleRows, etag, if_match, version_asked
from portfolio.common.months import today
from products.roadmaps import exports, item_actions, order_actions
from products.roadmaps.content import item_document
from products.roadmaps.contributions import interests_in
from products.roadmaps.difference import promised
from products.roadmaps.item_filters import ItemFilter
from products.roadmaps.known_fields import KnownFields
from products.roadmaps.models import Horizon, Interest, Item, ItemKind, Roadmap
from products.roadmaps.retiring import settle_interest
from products.roadmaps.worth import worths

CENT = Decimal("0.01")
WHY: dict[str, Any] = {
    "required": False,
    "allow_blank": True,
    "max_length": 500,
    "help_text": "Stays readable with the change.",
}
INSTEAD = {
    "state": "It follows from `start`, `block`, `ship` and `drop`.",
    "blocked_by": "`block` says it.",
    "started_on": "`start` says it.",
    "ended_on": "`ship` says it.",
}


class WorthSerializer(serializers.Serializer):
    """What an item's promise is worth a month."""

    expected = serializers.DecimalField(max_digits=30, decimal_places=2, help_text="Expected, a month.")
    currency = serializers.CharField()


class ItemList(serializers.ListSerializer):
    """Items, with the worths of all of their metrics read at once."""

    def to_representation(self, data: Any) -> list:
        """Return the items as they are answered."""
        rows = list(data.all() if hasattr(data, "all") else data)
        self.context["worths"] = worths(row.metric.code for row in rows if row.metric)
        return super().to_representation(rows)


class ItemSerializer(KnownFields, ActionSerializer):
    """Something that is to move a customer's metric: from what to what a month, by when, with what effort, for whom."""

    roadmap = CodeField(queryset=Roadmap.objects.all(), help_text="Code of the roadmap that it is on, for good.")
    needs = CodeField(
        many=True, queryset=Item.objects.all(), required=False, help_text="Codes of the items that it waits for."
    )
    worth = serializers.SerializerMethodField(help_text="What its promise is worth a month; null where unknown.")
    why = serializers.CharField(write_only=True, **WHY)
    instead = INSTEAD

    class Meta:
        model = Item
        list_serializer_class = ItemList
        fields = [
            "code", "roadmap", "product", "name", "description", "kind", "horizon", "starts", "ends", "metric",
            "metric_from", "metric_low", "metric_high", "by_when", "exception", "effort_low", "effort_high", "team",
            "business_champion", "technology_champion", "needs", "is_illustrative", "state", "started_on", "ended_on",
            "blocked_by", "version", "worth", "why",
        ]  # fmt: skip
        read_only_fields = ["state", "started_on", "ended_on", "blocked_by", "version"]

    @extend_schema_field(WorthSerializer(allow_null=True))
    def get_worth(self, item: Item) -> dict[str, str] | None:
        """Return what its promise is worth a month, expected."""
        if item.metric is None:
            return None
        found = self.context.get("worths")
        found = worths([item.metric.code]) if found is None else found
        amount = promised(item_document(item), found)
        if amount is None:
            return None
        return {"expected": str(amount.quantize(CENT)), "currency": found[item.metric.code].currency}

    def create(self, validated_data: dict[str, Any]) -> Item:
        """Add an item."""
        needs, why = validated_data.pop("needs", ()), validated_data.pop("why", "")
        return item_actions.add_item(Item(**validated_data), needs=needs, why=why, by=self.context["request"].user)


class ChangeItemSerializer(ItemSerializer):
    """What changes of an item."""

    instead = INSTEAD | {
        "code": "It is for good.",
        "roadmap": "An item stays on its roadmap: add one to the other, and drop this one.",
        "horizon": "`move` takes it to another horizon.",
    }

    class Meta(ItemSerializer.Meta):
        fields = [*item_actions.EDITABLE, "needs", "why"]
        read_only_fields: list[str] = []

    def get_fields(self):
        """Leave out what is only read."""
        fields = super().get_fields()
        return {name: fields[name] for name in self.Meta.fields}


class MoveSerializer(KnownFields, serializers.Serializer):
    """Where an item goes: to the end of a horizon, or beside another item of it."""

    horizon = serializers.ChoiceField(choices=Horizon.choices)
    after = CodeField(queryset=Item.objects.all(), required=False, help_text="Code of the item that it comes after.")
    before = CodeField(queryset=Item.objects.all(), required=False, help_text="Code of the item that it comes before.")
    why = serializers.CharField(**WHY)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two places at once."""
        if "after" in attrs and "before" in attrs:
            raise serializers.ValidationError({"before": "Give either `after` or `before`: one place is enough."})
        return attrs


class ReorderSerializer(KnownFields, serializers.Serializer):
    """The order of one horizon of a roadmap."""

    roadmap = CodeField(queryset=Roadmap.objects.all(), help_text="Code of the roadmap.")
    horizon = serializers.ChoiceField(choices=Horizon.choices)
    items = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=1000, help_text="Codes of its items, in their order."
    )
    why = serializers.CharField(**WHY)


class OrderSerializer(serializers.Serializer):
    """What the order is now."""

    roadmap = serializers.CharField()
    version = serializers.IntegerField(help_text="The roadmap's.")
    horizon = serializers.CharField()
    items = serializers.ListField(child=serializers.CharField(), help_text="Codes of its open items, in their order.")


class OnSerializer(KnownFields, serializers.Serializer):
    """When it happened."""

    on = serializers.DateField(required=False, help_text="The day; today by default.")
    why = serializers.CharField(**WHY)


class BlockSerializer(KnownFields, serializers.Serializer):
    """What keeps an item from going on."""

    blocked_by = serializers.CharField(max_length=500, help_text="What blocks it, so that others can help.")


class DropSerializer(KnownFields, serializers.Serializer):
    """Why an item is dropped."""

    why = serializers.CharField(max_length=500, help_text="Those who wanted it will read it.")


class SettleSerializer(KnownFields, serializers.Serializer):
    """Where an interest in what an item retires goes."""

    key = serializers.CharField(max_length=80, help_text="The interest's `key`.")
    goes_to = serializers.CharField(max_length=500, help_text="Another product, another team, nowhere; and why.")


class InterestSerializer(serializers.Serializer):
    """Somebody or something that rests on a product that is retired; `goes_to` is null while it is open."""

    key = serializers.CharField()
    kind = serializers.CharField(help_text="What sort of interest it is; empty where it is there no more.")
    name = serializers.CharField()
    detail = serializers.CharField()
    goes_to = serializers.CharField(allow_null=True)
    settled_by = serializers.CharField(allow_null=True, help_text="Name of an account; null is the operator or nobody.")
    settled_at = serializers.DateTimeField(allow_null=True)


class ItemViewSet(
    VisibleRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet
):
    """Items of roadmaps. Where one is and how far it is change by calls of their own."""

    queryset = Item.objects.all()
    serializer_class = ItemSerializer
    filterset_class = ItemFilter
    export = exports.ITEMS
    lookup_field = "code"
    lookup_value_regex = "[a-z0-9-]+"
    http_method_names = ["get", "post", "patch", "head", "options"]

    def filter_queryset(self, queryset):
        """Filter the list only."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def answer(self, item: Item, status: int = 200) -> Response:
        """Return an item as it is now, with its ETag."""
        found = self.get_queryset().get(pk=item.pk)
        data = ItemSerializer(found, context=self.get_serializer_context()).data
        return Response(data, status=status, headers={"ETag": etag(found)})

    def asked(self, serializer: type[serializers.Serializer]) -> tuple[Item, dict[str, Any]]:
        """Return the item, which the user may change, and what the body says."""
        item = self.get_object()
        access.require(self.request.user, item)
        return item, self.given(serializer, self.request.data)

    @staticmethod
    def given(serializer: type[serializers.Serializer], data: Any) -> dict[str, Any]:
        """Return what a body says."""
        given = serializer(data=data)
        given.is_valid(raise_exception=True)
        return given.validated_data

    @extend_schema(responses=ItemSerializer)
    def retrieve(self, request, *args, **kwargs):
        """Show one item. Its ETag is what If-Match takes."""
        return self.answer(self.get_object())

    @extend_schema(responses={201: ItemSerializer})
    def create(self, request, *args, **kwargs):
        """Add an item at the end of its horizon: with a promise to move a customer's metric, or a reason for none."""
        self.may_add()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.answer(given.save(), status=201)

    @extend_schema(request=ChangeItemSerializer, responses=ItemSerializer, parameters=[if_match("item")])
    def partial_update(self, request, *args, **kwargs):
        """Change an item: give what changes. `needs`, where it is given, replaces what it waits for.

        Where somebody changed the same field since the version that If-Match names, the answer is 412, with what was
        and what came; a change of another field is in nobody's way.
        """
        item = self.get_object()
        access.require(request.user, item)
        version = version_asked(request, "item")
        given = ChangeItemSerializer(item, data=request.data, partial=True, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        why = changes.pop("why", "")
        return self.answer(item_actions.change_item(item, changes=changes, version=version, why=why, by=request.user))

    @extend_schema(request=MoveSerializer, responses=ItemSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request, code=None):
        """Move an open item to a horizon: after or before another item of it, or to its end."""
        item, given = self.asked(MoveSerializer)
        return self.answer(order_actions.move_item(item, **given, by=request.user))

    @extend_schema(request=ReorderSerializer, responses=OrderSerializer, parameters=[if_match("roadmap")])
    @action(detail=False, methods=["post"])
    def reorder(self, request):
        """Put the open items of a roadmap's horizon in this order. Those that are not named keep their place behind the
        item that they follow; where another order was made since the version that If-Match names, the answer is 412."""
        self.may_add()
        given = self.given(ReorderSerializer, request.data)
        access.require(request.user, given["roadmap"])
        roadmap = order_actions.reorder(
            given["roadmap"],
            horizon=given["horizon"],
            codes=given["items"],
            version=version_asked(request, "roadmap"),
            why=given.get("why", ""),
            by=request.user,
        )
        items = roadmap.items.open().filter(horizon=given["horizon"]).in_order()
        answer = {"roadmap": roadmap.code, "version": roadmap.version, "horizon": given["horizon"]}
        answer["items"] = list(items.values_list("code", flat=True))
        return Response(answer, headers={"ETag": etag(roadmap)})

    @extend_schema(request=OnSerializer, responses=ItemSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request, code=None):
        """Say that work on an item has begun, or that a blocked one goes on. Again it changes nothing."""
        item, given = self.asked(OnSerializer)
        return self.answer(item_actions.start_item(item, **given, by=request.user))

    @extend_schema(request=BlockSerializer, responses=ItemSerializer)
    @action(detail=True, methods=["post"])
    def block(self, request, code=None):
        """Say what keeps an item from going on; `start` lets it go on."""
        item, given = self.asked(BlockSerializer)
        return self.answer(item_actions.block_item(item, **given, by=request.user))

    @extend_schema(request=OnSerializer, responses=ItemSerializer)
    @action(detail=True, methods=["post"])
    def ship(self, request, code=None):
        """Say that an item has reached its customers. Of a retirement, every interest has to be settled first."""
        item, given = self.asked(OnSerializer)
        return self.answer(item_actions.ship_item(item, **given, by=request.user))

    @extend_schema(request=DropSerializer, responses=ItemSerializer)
    @action(detail=True, methods=["post"])
    def drop(self, request, code=None):
        """Take an item off its roadmap, with a reason; it stays readable. Refused while other items wait for it."""
        item, given = self.asked(DropSerializer)
        return self.answer(item_actions.drop_item(item, **given, by=request.user))

    @extend_schema(responses=InterestSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def interests(self, request, code=None):
        """List who and what rests on the product that an item retires, and where each goes; of other items, nothing."""
        return Response(InterestSerializer(interests_of(self.get_object()), many=True).data)

    @extend_schema(request=SettleSerializer, responses=InterestSerializer(many=True))
    @action(detail=True, methods=["post"], pagination_class=None)
    def settle(self, request, code=None):
        """Say where an interest in what an item retires goes. Saying it again changes where."""
        item, given = self.asked(SettleSerializer)
        settle_interest(item, **given, by=request.user)
        return Response(InterestSerializer(interests_of(item), many=True).data)


def interests_of(item: Item) -> list[dict[str, Any]]:
    """Return the interests in what an item retires: those that are there, and those settled that are there no more."""
    if item.kind != ItemKind.RETIRE:
        return []
    settled = {one.key: one for one in Interest.objects.filter(item=item).select_related("settled_by")}

    def row(key: str, kind: str, name: str, detail: str) -> dict[str, Any]:
        one = settled.get(key)
        return {
            "key": key,
            "kind": kind,
            "name": name,
            "detail": detail,
            "goes_to": one.goes_to if one else None,
            "settled_by": one.settled_by.username if one and one.settled_by else None,
            "settled_at": one.settled_at if one else None,
        }

    found = [row(one.key, one.kind, one.name, one.detail) for one in interests_in(item.product, today())]
    there = {one["key"] for one in found}
    return found + [row(one.key, "", one.name, "") for one in settled.values() if one.key not in there]


routes: list = [("roadmap-items", ItemViewSet)]
