"""Errors of the API as problem documents (RFC 9457): one shape, every error at once, in words that help."""

from http import HTTPStatus

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from portfolio.common.errors import AlreadyRetracted, Busy, Moved, NeedsVersion, NotAllowed, TwofoldError, Unavailable


class Conflict(exceptions.APIException):
    """The row changed under the caller's hands."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


class PreconditionFailed(exceptions.APIException):
    """The row is at another version than If-Match names; `found` says what changed since."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "moved"

    def __init__(self, error: Moved) -> None:
        super().__init__(str(error))
        self.found = error.found


class PreconditionRequired(exceptions.APIException):
    """The call needs If-Match."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_code = "if_match_required"


class TooMany(exceptions.APIException):
    """The same call may be carried out a while later."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS
    default_code = "busy"

    def __init__(self, error: Busy) -> None:
        super().__init__(str(error))
        self.wait = error.RETRY_AFTER


class Away(exceptions.APIException):
    """The database does not answer; the same call may be carried out once it does."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "unavailable"
    wait = Unavailable.RETRY_AFTER


class Refused(exceptions.APIException):
    """Something the caller can mend."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "refused"


class ProblemFormatter(ExceptionFormatter):
    """Gives type, title, status, detail, and the list of errors with the field each belongs to."""

    def format_error_response(self, error_response) -> dict:
        """Return the problem document."""
        errors = [{"attr": e.attr, "code": e.code, "detail": e.detail} for e in error_response.errors]
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.exc.status_code).phrase,
            "status": int(self.exc.status_code),
            "detail": errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} errors; see `errors`.",
            "errors": errors,
            **getattr(self.exc, "found", {}),
        }


class ProblemHandler(ExceptionHandler):
    """Turns the refusals of actions and models into HTTP."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Return the DRF exception that says what `exc` says."""
        match exc:
            case ValidationError():
                return exceptions.ValidationError(as_serializer_error(exc))
            case NotAllowed():
                return exceptions.PermissionDenied(str(exc))
            case AlreadyRetracted():
                return Conflict(str(exc))
            case Moved():
                return PreconditionFailed(exc)
            case NeedsVersion():
                return PreconditionRequired(str(exc))
            case Busy():
                return TooMany(exc)
            case OperationalError() | InterfaceError():
                return Away(str(Unavailable()))
            case TwofoldError():
                return Refused(str(exc))
        return super().convert_known_exceptions(exc)

    def format_exception(self, exc: exceptions.APIException) -> dict:
        """Return the problem document of an exception."""
        return ProblemFormatter(exc, self.context, self.exc).run()

    def get_response(self, exc: exceptions.APIException, data: dict) -> Response:
        """Return the response, of the media type that says it is a problem."""
        response = super().get_response(exc, data)
        response.content_type = "application/problem+json"
        return response


def handle(exc: Exception, context) -> Response | None:
    """Answer an exception raised in an API view."""
    return ProblemHandler(exc, context).run()


def describe_problems(result: dict, generator, request, public) -> dict:
    """Add to each operation of the OpenAPI schema that errors come as problem documents."""
    text = {"type": "string"}
    or_null = text | {"nullable": True}
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = {
        "type": "object",
        "required": ["type", "title", "status", "detail", "errors"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["attr", "code", "detail"],
                    "properties": {"attr": or_null, "code": or_null, "detail": text},
                },
            },
        },
    }
    problem = {
        "description": "What was found, what was needed and how to mend it.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"]["default"] = problem
    return result
