"""The API's reference as a page, made from the schema: every call, what it does and what it takes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "patch", "put", "delete")


@dataclass(frozen=True)
class Taken:
    """A parameter or a field of a body: its name, what it looks like, whether it must be given, what it means."""

    name: str
    kind: str
    is_required: bool
    words: str


@dataclass(frozen=True)
class Call:
    """One method of one address."""

    method: str
    path: str
    words: str
    parameters: list[Taken]
    body: list[Taken]
    answers: list[tuple[str, list[Taken]]]

    @property
    def anchor(self) -> str:
        """Where it is on the page."""
        return f"{self.method}{self.path}".lower().replace("/", "-").replace("{", "").replace("}", "").strip("-")


@dataclass
class Group:
    """The calls about one kind of row."""

    name: str
    calls: list[Call] = field(default_factory=list)


@require_GET
def reference(request: HttpRequest) -> HttpResponse:
    """Show what the API offers."""
    return render(request, "account/api.html", {"groups": groups(), "host": request.build_absolute_uri("/")[:-1]})


@cache
def groups() -> list[Group]:
    """Return all calls by what they are about; the schema does not change while the process lives."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    found: dict[str, Group] = {}
    for path, operations in schema["paths"].items():
        name = path.removeprefix("/api/v1/").split("/")[0]
        for method in METHODS:
            if method in operations:
                call = _call(schema, method, path, operations[method])
                found.setdefault(name, Group(name)).calls.append(call)
    return list(found.values())


def _call(schema: dict, method: str, path: str, operation: dict) -> Call:
    body = operation.get("requestBody", {}).get("content", {})
    return Call(
        method.upper(),
        path,
        (operation.get("summary") or operation.get("description", "")).replace("`", ""),
        [
            Taken(
                one["name"],
                _kind(schema, one["schema"]),
                one.get("required", False),
                one.get("description") or one["schema"].get("description", ""),
            )
            for one in operation.get("parameters", [])
        ],
        [one for content in list(body.values())[:1] for one in _fields(schema, content["schema"])],
        [
            (status, [one for content in answer.get("content", {}).values() for one in _answer(schema, content)])
            for status, answer in operation["responses"].items()
            if status != "default"
        ],
    )


def _answer(schema: dict, content: dict) -> Iterator[Taken]:
    found = _resolve(schema, content["schema"])
    results = found.get("properties", {}).get("results")
    return _fields(schema, results["items"] if results else found)


def _fields(schema: dict, given: dict) -> Iterator[Taken]:
    found = _resolve(schema, given)
    if "items" in found:
        given = found["items"]
        found = _resolve(schema, given)
    for name, one in found.get("properties", {}).items():
        if not (one.get("readOnly") and given is not found and "Request" in str(given)):
            yield Taken(name, _kind(schema, one), name in found.get("required", ()), one.get("description", ""))


def _resolve(schema: dict, given: dict) -> dict:
    if "$ref" in given:
        return schema["components"]["schemas"][given["$ref"].rsplit("/", 1)[-1]]
    return given


def _kind(schema: dict, given: dict[str, Any]) -> str:
    """Return in words what a value looks like."""
    if "allOf" in given or "oneOf" in given:
        parts = given.get("allOf") or given["oneOf"]
        return " or ".join(dict.fromkeys(filter(None, (_kind(schema, part) for part in parts))))
    found = _resolve(schema, given)
    if "enum" in found:
        return " or ".join("empty" if one in ("", None) else str(one) for one in found["enum"])
    kinds = found.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    if kinds[0] == "array":
        return f"list of {_kind(schema, found['items'])}"
    words = {"date": "date", "date-time": "moment", "decimal": "decimal"}.get(found.get("format", ""), kinds[0])
    return f"{words} or null" if found.get("nullable") or "null" in kinds[1:] else words
