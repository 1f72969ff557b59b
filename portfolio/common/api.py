"""What the API's rooms share: serializers that go through the actions, pages by cursor, and two kinds of viewset.

Described rows are read, added and edited by code. Recorded rows are read and recorded; `correct` and `retract`
are calls of their own, because nothing recorded is overwritten. What several people edit at once is read with an ETag
and changed with If-Match.
"""

import re
from typing import Any

from django.db import models
from drf_orjson_renderer.renderers import ORJSONRenderer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import exceptions, mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

from portfolio.common import access, actions, exports
from portfolio.common.described import Described
from portfolio.common.errors import NeedsVersion, NotAllowed

_ETAG = re.compile(r'\s*(?:W/)?"(\d{1,9})"\s*')


class CodePages(CursorPagination):
    """Pages of 100, up to 1,000 with `?page_size=`, in the order of the key, so that no row is missed or repeated."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "pk"


class CodeField(serializers.SlugRelatedField):
    """A related row, by its code."""

    def __init__(self, slug_field: str = "code", **options):
        super().__init__(slug_field=slug_field, **options)

    def to_internal_value(self, data: Any) -> models.Model:
        """Return the row; the error names the code that was not found."""
        if not isinstance(data, str) or "\x00" in data:
            self.fail("invalid")
        return super().to_internal_value(data)


class ActionSerializer(serializers.ModelSerializer):
    """Reads and writes rows with related rows by code; saves through `portfolio.common.actions`."""

    def build_relational_field(self, field_name, relation_info):
        """Show a related row by its code, a user by name, any other by key."""
        field_class, options = super().build_relational_field(field_name, relation_info)
        related = relation_info.related_model
        if issubclass(related, Described):
            options.pop("view_name", None)
            return CodeField, {"help_text": f"Code of a {related._meta.verbose_name}."} | options
        if related._meta.label_lower == "common.user":
            options.pop("view_name", None)
            return CodeField, {"help_text": "Name of an account."} | options | {"slug_field": "username"}
        return field_class, options

    def get_unique_together_constraints(self, model):
        """Leave uniqueness to the constraints in the model: they know which rows still stand."""
        return iter(())

    def build_standard_field(self, field_name, model_field):
        """Leave a column's own uniqueness to the model too, where the action checks it."""
        field_class, options = super().build_standard_field(field_name, model_field)
        options["validators"] = [
            validator for validator in options.get("validators", ()) if not hasattr(validator, "queryset")
        ]
        return field_class, options

    def create(self, validated_data: dict[str, Any]) -> models.Model:
        """Save or record a new row."""
        row = self.Meta.model(**validated_data)
        write = actions.save if isinstance(row, Described) else actions.record
        return write(row, by=self.context["request"].user)

    def update(self, instance: models.Model, validated_data: dict[str, Any]) -> models.Model:
        """Save an edited described row."""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        return actions.save(instance, by=self.context["request"].user)


class RecordedSerializer(ActionSerializer):
    """A recorded row with its second time: when we knew it, from whom, and what it corrects."""

    MEANINGS = {
        "id": "Its key, for corrections and retractions.",
        "recorded_at": "From when it was known.",
        "recorded_by": "Name of the account that recorded it; null is the operator.",
        "retracted_at": "Until when it was known; null while it stands.",
        "retracted_by": "Name of the account that corrected or retracted it.",
        "reason": "Why it was corrected or retracted.",
        "corrects": "Key of the row that it replaced.",
    }
    RECORDING = tuple(MEANINGS)

    def get_field_names(self, declared_fields, info):
        """Return the row's own fields and those of its recording."""
        own = super().get_field_names(declared_fields, info)
        return [*(name for name in self.RECORDING if name not in own), *own]

    def build_field(self, field_name, info, model_class, nested_depth):
        """Make the fields of the recording read-only."""
        field_class, options = super().build_field(field_name, info, model_class, nested_depth)
        if field_name in self.RECORDING:
            keep = {key: options[key] for key in ("slug_field", "label") if key in options}
            keep |= {"read_only": True, "help_text": self.MEANINGS[field_name]}
            return field_class, keep | ({"allow_null": True} if model_class._meta.get_field(field_name).null else {})
        return field_class, options


class ReasonSerializer(serializers.Serializer):
    """Why a row is retracted."""

    reason = serializers.CharField(max_length=500, help_text="Stays readable beside the old row.")


def correction_of(serializer: type[RecordedSerializer]) -> type[RecordedSerializer]:
    """Return the serializer of a correction: any of the row's own fields, and the reason, which must be given."""

    class Correction(serializer):  # type: ignore[valid-type]
        def get_fields(self):
            """Leave every field out but the reason."""
            fields = super().get_fields()
            for each in fields.values():
                each.required = False
            return fields | ReasonSerializer().get_fields()

    Correction.__name__ = f"Correct{serializer.__name__}"
    Correction.__doc__ = f"What changes in a correction, and why. {serializer.__doc__ or ''}"
    return Correction


def if_match(name: str) -> OpenApiParameter:
    """Describe the header by which a change names the version that it is made to, of a row that is called `name`."""
    return OpenApiParameter(
        "If-Match",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        required=True,
        description='The ETag of the version that was seen, such as `"7"`. Without it the answer is 428; where the '
        f"{name} is at another version by now, 412 with what changed since.",
    )


def etag(row: Any) -> str:
    """Return the ETag of a row's version."""
    return f'"{row.version}"'


def version_asked(request: Any, name: str) -> int:
    """Return the version that If-Match names of a row, called `name`; NeedsVersion (428) where there is none."""
    given = request.headers.get("If-Match", "")
    if not given:
        raise NeedsVersion(
            f"This changes what others may be changing, too: send the ETag of the {name} in If-Match, as in "
            f'If-Match: "7". Read the {name} for it.'
        )
    match = _ETAG.fullmatch(given)
    if not match:
        raise exceptions.ValidationError(
            f'If-Match is {given[:40]!r}; it must be one ETag of this {name}, as in If-Match: "7".'
        )
    return int(match[1])


class CsvRenderer(ORJSONRenderer):
    """Stands for CSV where the media type is negotiated; the file itself is streamed, so only errors come here."""

    media_type = exports.FORMATS["csv"].media_type
    format = "csv"


class XlsxRenderer(ORJSONRenderer):
    """Stands for XLSX where the media type is negotiated; the file itself is streamed, so only errors come here."""

    media_type = exports.FORMATS["xlsx"].media_type
    format = "xlsx"


class Exported:
    """Gives a list whole, as a CSV or XLSX file, where that is asked for by `?format=` or `Accept`."""

    renderer_classes = [ORJSONRenderer, CsvRenderer, XlsxRenderer]
    export: exports.Tabled

    def get_renderers(self):
        """Return how the answer may look: only a list can be a file."""
        found = super().get_renderers()
        return found if self.action == "list" else found[:1]

    @property
    def asked_form(self) -> exports.Format | None:
        """The kind of file that is asked for; None where it is JSON."""
        return exports.FORMATS.get(self.request.accepted_renderer.format)

    def exported(self, rows, filters):
        """Return the file of all rows; its name tells what is asked of the filters, given by name."""
        asked = {name: self.request.query_params.get(name) for name in filters}
        return exports.respond(self.request._request, self.export, rows, self.asked_form, asked=asked)


def describe_files(result: dict, generator, request, public) -> dict:
    """Say in the OpenAPI schema what the files of the lists are: text and bytes, not the pages of JSON."""
    for operations in result.get("paths", {}).values():
        operation = operations.get("get", {})
        for answer in operation.get("responses", {}).values():
            content = answer.get("content", {})
            if CsvRenderer.media_type in content:
                content[CsvRenderer.media_type] = {"schema": {"type": "string"}}
                content[XlsxRenderer.media_type] = {"schema": {"type": "string", "format": "binary"}}
        for parameter in operation.get("parameters", ()):
            if (parameter["name"], parameter["in"]) == ("format", "query"):
                parameter["description"] = (
                    "`csv` or `xlsx` gives all rows as one file, streamed, the columns that an import reads first; "
                    "`json`, or none, gives a page of them."
                )
    return result


class ExportedRows(Exported):
    """Gives the rows that the filters leave, in the order of the pages."""

    # No docstring: the description of the call is that of the rows, which each room says.
    def list(self, request, *args, **kwargs):
        if self.asked_form:
            rows = self.filter_queryset(self.get_queryset()).order_by(self.paginator.ordering)
            return self.exported(rows, self.filterset_class.base_filters)
        return super().list(request, *args, **kwargs)


class VisibleRows(ExportedRows):
    """Starts every query from what the user may read, with what the page needs."""

    pagination_class = CodePages

    def get_queryset(self):
        """Return the rows that the user may read."""
        rows = super().get_queryset().visible_to(self.request.user)
        return rows.for_table() if hasattr(rows, "for_table") else rows

    def may_add(self) -> None:
        """Refuse at once where no role of the user covers such rows anywhere."""
        model = self.queryset.model
        if not access.may_add(self.request.user, model):
            access.require(self.request.user, model())
            raise NotAllowed(f"You may not add a {model._meta.verbose_name}.")


class DescribedViewSet(
    VisibleRows,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet,
):
    """Lists, shows, adds and edits described rows, by code."""

    lookup_field = "code"
    lookup_value_regex = "[a-z0-9-]+"
    http_method_names = ["get", "post", "patch", "head", "options"]

    def create(self, request, *args, **kwargs):
        """Add a row."""
        self.may_add()
        return super().create(request, *args, **kwargs)

    def retrieve(self, request, *args, **kwargs):
        """Show one row."""
        return super().retrieve(request, *args, **kwargs)

    def partial_update(self, request, *args, **kwargs):
        """Edit a row: give what changes. Its history keeps what it was."""
        return super().partial_update(request, *args, **kwargs)

    def update(self, request, *args, **kwargs):
        """Edit a row: only one that the user's roles cover."""
        access.require(request.user, self.get_object())
        return super().update(request, *args, **kwargs)


class RecordedViewSet(
    VisibleRows,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    viewsets.GenericViewSet,
):
    """Lists, shows and records rows; corrects and retracts them by calls of their own."""

    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "head", "options"]

    def filter_queryset(self, queryset):
        """Filter lists only: a single row is readable for ever, with when it was retracted and why."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def retrieve(self, request, *args, **kwargs):
        """Show one row, for ever: with when it was corrected or retracted, and why."""
        return super().retrieve(request, *args, **kwargs)

    def create(self, request, *args, **kwargs):
        """Record a row."""
        self.may_add()
        return super().create(request, *args, **kwargs)

    def __init_subclass__(cls, **options: Any):
        """Describe `correct` by the room's own serializer, which is known only now."""
        super().__init_subclass__(**options)
        if cls.serializer_class:
            cls.correction_class = correction_of(cls.serializer_class)
            answer = extend_schema(request=cls.correction_class, responses={201: cls.serializer_class})
            extend_schema_view(correct=answer, retract=extend_schema(responses={200: cls.serializer_class}))(cls)

    @extend_schema(description="Retract this row and record it with changes; needs a `reason`. Returns the new row.")
    @action(detail=True, methods=["post"])
    def correct(self, request, pk=None):
        """Replace a row by a corrected one."""
        row = self.get_object()
        access.require(request.user, row)
        given = self.correction_class(row, data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        changes = dict(given.validated_data)
        new = self.correct_row(row, reason=changes.pop("reason"), changes=changes)
        return Response(self.get_serializer(new).data, status=201)

    @extend_schema(request=ReasonSerializer, description="Withdraw this row; needs a `reason`. Returns the row.")
    @action(detail=True, methods=["post"])
    def retract(self, request, pk=None):
        """Withdraw a row."""
        row = self.get_object()
        access.require(request.user, row)
        reason = ReasonSerializer(data=request.data)
        reason.is_valid(raise_exception=True)
        gone = self.retract_row(row, reason=reason.validated_data["reason"])
        return Response(self.get_serializer(gone).data)

    def correct_row(self, row: Any, *, changes: dict[str, Any], reason: str) -> Any:
        """Correct a row, and return the new one; rooms whose rows have an action of their own call that."""
        return actions.correct(row, changes=changes, reason=reason, by=self.request.user)

    def retract_row(self, row: Any, *, reason: str) -> Any:
        """Retract a row, and return it; rooms whose rows have an action of their own call that."""
        return actions.retract(row, reason=reason, by=self.request.user)
