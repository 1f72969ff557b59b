"""The API of roadmaps: read with an ETag, changed with If-Match, so that nobody overwrites what they have not seen."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import ActionSerializer, CodeField, DescribedViewSet, etag, if_match, version_asked
from portfolio.common.models import User
from products.catalog.models import Product
from products.roadmaps import exports
from products.roadmaps.filters import RoadmapFilter
from products.roadmaps.known_fields import KnownFields
from products.roadmaps.models import Roadmap
from products.roadmaps.roadmap_actions import save_roadmap

IF_MATCH = if_match("roadmap")
MEMBERS = ("products", "business", "technology")


class MemberField(CodeField):
    """A member of a roadmap, by the name of the account."""

    def __init__(self, **options):
        super().__init__(**({"slug_field": "username", "queryset": User.objects.filter(is_active=True)} | options))

    def to_representation(self, value: Any) -> str:
        """Return the name of a member's account."""
        return value.user.username


class RoadmapSerializer(KnownFields, ActionSerializer):
    """What the owners of products and their business partners mean to do; `version` goes up with every change to it or
    to its items."""

    products = CodeField(
        many=True, queryset=Product.objects.all(), allow_empty=False, help_text="Codes of the products it belongs to."
    )
    business = MemberField(many=True, allow_empty=False, help_text="Accounts of the business partners, one at least.")
    technology = MemberField(
        many=True, allow_empty=False, help_text="Accounts of the technology owners, one at least, none on both sides."
    )
    why = serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=500, help_text="Stays readable with the change."
    )

    class Meta:
        model = Roadmap
        fields = [
            "code", "name", "purpose", "products", "business", "technology", "cadence_days", "now_weeks", "next_weeks",
            "began_on", "is_illustrative", "version", "why",
        ]  # fmt: skip
        read_only_fields = ["version"]

    def create(self, validated_data: dict[str, Any]) -> Roadmap:
        """Save a new roadmap."""
        return self._save(Roadmap(), validated_data)

    def update(self, instance: Roadmap, validated_data: dict[str, Any]) -> Roadmap:
        """Save what is changed of a roadmap; what is not given stays."""
        stays = {
            "products": list(instance.products.all()),
            "business": [member.user for member in instance.business],
            "technology": [member.user for member in instance.technology],
        }
        return self._save(instance, stays | validated_data)

    def _save(self, roadmap: Roadmap, given: dict[str, Any]) -> Roadmap:
        sides = {name: given.pop(name) for name in MEMBERS}
        why, version = given.pop("why", ""), self.context.get("version")
        for name, value in given.items():
            setattr(roadmap, name, value)
        return save_roadmap(roadmap, **sides, by=self.context["request"].user, version=version, why=why)


class RoadmapViewSet(DescribedViewSet):
    """Roadmaps: whose they are, on either side, and of which products. Their items are `roadmap-items`."""

    queryset = Roadmap.objects.all()
    serializer_class = RoadmapSerializer
    filterset_class = RoadmapFilter
    export = exports.ROADMAPS

    def answer(self, roadmap: Roadmap, status: int = 200) -> Response:
        """Return a roadmap with its ETag."""
        found = self.get_queryset().get(pk=roadmap.pk)
        return Response(self.get_serializer(found).data, status=status, headers={"ETag": etag(found)})

    @extend_schema(responses=RoadmapSerializer)
    def retrieve(self, request, *args, **kwargs):
        """Show one roadmap. Its ETag is what If-Match takes."""
        return self.answer(self.get_object())

    @extend_schema(responses={201: RoadmapSerializer})
    def create(self, request, *args, **kwargs):
        """Begin a roadmap: with one product, one business partner and one technology owner at least."""
        self.may_add()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.answer(given.save(), status=201)

    @extend_schema(responses=RoadmapSerializer, parameters=[IF_MATCH])
    def partial_update(self, request, *args, **kwargs):
        """Change a roadmap: give what changes. A list that is given replaces the one there is.

        Where somebody changed the same field since the version that If-Match names, the answer is 412, with what was
        and what came; a change of another field, or of items, is in nobody's way.
        """
        roadmap = self.get_object()
        access.require(request.user, roadmap)
        context = self.get_serializer_context() | {"version": version_asked(request, "roadmap")}
        given = RoadmapSerializer(roadmap, data=request.data, partial=True, context=context)
        given.is_valid(raise_exception=True)
        return self.answer(given.save())


routes: list = [("roadmaps", RoadmapViewSet)]
