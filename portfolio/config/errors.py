"""What is answered where no view could: an address that is none, a fault of ours, a database that is away.

The API's callers get problem documents, as its views give them; everyone else gets a page.
"""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from portfolio.common.errors import Unavailable

API = "/api/v1/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing at this address."""
    if request.path.startswith(API):
        return _problem(HTTPStatus.NOT_FOUND, f"There is nothing at {request.path[:200]}; /api/ lists what there is.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke; of a database that is away or has no connection left, that it is worth trying again."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        error = Unavailable()
        if request.path.startswith(API):
            response: HttpResponse = _problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        else:
            response = defaults.server_error(request, template_name="503.html")
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = str(error.RETRY_AFTER)
        return response
    if request.path.startswith(API):
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something broke. The fault is in the log, with its time.")
    return defaults.server_error(request)


def _problem(status: HTTPStatus, detail: str) -> JsonResponse:
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "errors": [{"attr": None, "code": status.phrase.lower().replace(" ", "_"), "detail": detail}],
    }
    return JsonResponse(document, status=status, content_type="application/problem+json")
