"""OpenSLO 1.0: services and service level objectives, read from YAML; `products.health.openslo` writes it.

An SLO becomes one objective for each target that it names. What it is about (availability, latency, freshness) is
taken from the annotation `twofold/kind` where it has one, else from its words; the unit of a threshold from
`twofold/unit`, else from the metric's name. Where neither says it, it is asked for and not guessed.

Source: the OpenSLO specification, openslo/v1 (github.com/OpenSLO/OpenSLO, README): SLO, Objectives, SLI, Service and
duration-shorthand.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from portfolio.intake.catalogues.findings import Finding, Place, UnreadableFile, Weight
from portfolio.intake.catalogues.yaml_files import Document, Lined, read_documents
from portfolio.intake.cells import shown
from products.health.openslo import KIND_KEY, OURS, UNIT_KEY, VERSION

KINDS = ("SLO", "SLI", "Service", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget")
DUPLICATE, SHAPE, TARGET, WINDOW = "Duplicate name", "Shape", "Target", "Window"
INDICATOR, THRESHOLD, NOT_CARRIED = "Indicator", "Threshold", "Not carried"
MOST_CODE = 60
USUAL_DAYS = 28

#: Days of one of each postfix; a rolling month, quarter and year are counted as that many days.
DAYS = {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
#: What milliseconds (of a latency) and minutes (of a freshness) there are in a unit.
MILLISECONDS = {"ms": Decimal(1), "s": Decimal(1000), "m": Decimal(60_000)}
MINUTES = {"ms": Decimal(1) / 60_000, "s": Decimal(1) / 60, "m": Decimal(1), "h": Decimal(60), "d": Decimal(1440)}

_DURATION = re.compile(r"([1-9][0-9]{0,4})([mhdwMQY])")
_LATENCY = re.compile(r"latenc|response.?time|duration|\bslow|\bfast|\bspeed", re.IGNORECASE)
_FRESHNESS = re.compile(r"fresh|stale|\bage\b|\blag\b|delay", re.IGNORECASE)
_UNIT = re.compile(
    r"(milliseconds|_ms\b|\bms\b)|(seconds|_s\b|\bsecs?\b)|(minutes|_min\b|\bmins?\b)|(hours)", re.IGNORECASE
)

_SLO_FIELDS = {
    "description", "service", "indicator", "indicatorRef", "timeWindow", "budgetingMethod", "objectives",
    "alertPolicies",
}  # fmt: skip
_OBJECTIVE_FIELDS = {
    "displayName", "op", "value", "target", "targetPercent", "timeSliceTarget", "timeSliceWindow", "indicator",
    "indicatorRef", "compositeWeight",
}  # fmt: skip


@dataclass(frozen=True)
class ServiceRead:
    """A service that the files describe."""

    code: str
    name: str
    description: str
    place: Place


@dataclass(frozen=True)
class ObjectiveRead:
    """One objective of an SLO, in our own terms."""

    code: str
    name: str
    service: str  #: the code of the service that it is of
    kind: str
    target: Decimal
    window_days: int
    threshold: Decimal | None  #: milliseconds of a latency, minutes of a freshness
    source: str
    place: Place
    service_place: Place


@dataclass
class Objectives:
    """All that was read of some files."""

    services: list[ServiceRead] = field(default_factory=list)
    objectives: list[ObjectiveRead] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    uncarried: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class _Bad(Exception):
    """What is wrong with a document, or a part of it."""

    def __init__(self, topic: str, line: int, message: str):
        super().__init__(message)
        self.topic, self.line, self.message = topic, line, message


def read_objectives(files: Iterable[tuple[str, bytes]]) -> Objectives:
    """Read files, given by name and content, as one: an SLO may name an SLI of another file."""
    found = Objectives()
    documents: list[Document] = []
    for name, data in files:
        try:
            read, findings = read_documents(data, name)
        except UnreadableFile as error:
            found.findings.append(error.finding)
            continue
        documents += read
        found.findings += findings
    named = _named(documents, found)
    indicators = {name: content for (kind, name), (content, _) in named.items() if kind == "SLI"}
    used: set[str] = set()
    for (kind, name), (content, place) in named.items():
        if kind == "Service":
            spec = _mapping(content, "spec")
            title = _text(_mapping(content, "metadata"), "displayName") or name
            found.services.append(ServiceRead(_code(name), title, _text(spec, "description"), place))
        elif kind == "SLO":
            _read_slo(name, content, place, indicators, used, found)
        elif kind != "SLI":
            _note(found, place, f"{kind}:{name}", f"A {kind} is not carried: no alerts or connections are kept here.")
    for name in indicators.keys() - used:
        _note(found, named["SLI", name][1], f"SLI:{name}", "No SLO in these files names this indicator.")
    _find_same_codes(found)
    return found


def _named(documents: list[Document], found: Objectives) -> dict[tuple[str, str], tuple[Lined, Place]]:
    """Return the documents by kind and name, each once; report those that are none of ours or stand twice."""
    named: dict[tuple[str, str], tuple[Lined, Place]] = {}
    for document in documents:
        content, place = document.content, document.place
        version = content.get("apiVersion") if isinstance(content, Lined) else None
        if version != VERSION:
            given = f"apiVersion is {shown(str(version))}" if version else "apiVersion is missing"
            _refuse(found, place, SHAPE, "", f"{given}; {VERSION} is read here. Convert the document to it.")
            continue
        kind, name = str(content.get("kind") or ""), _text(_mapping(content, "metadata"), "name")
        if kind not in KINDS:
            near = [one for one in KINDS if get_close_matches(kind.lower(), [one.lower()])]
            words = f" Did you mean {near[0]}?" if near else f" Known ones: {', '.join(KINDS)}."
            _refuse(found, place, SHAPE, kind, f"{shown(kind)} is no kind of OpenSLO.{words}")
        elif not name:
            _refuse(found, place, SHAPE, kind, "metadata.name is missing. Give it a name.")
        elif (kind, name) in named:
            first, where = named[kind, name]
            if first == content:
                _note(found, place, f"{kind}:{name}", f"This stands before, just so ({where}). It is taken once.")
            else:
                _refuse(
                    found, place, DUPLICATE, f"{kind}:{name}",
                    f"This name stands before, with other contents ({where}). Rename one, or take the wrong one out.",
                    "This one: the first keeps the name.",
                )  # fmt: skip
        else:
            named[kind, name] = content, place
    return named


def _read_slo(
    name: str, content: Lined, place: Place, indicators: dict[str, Lined], used: set[str], found: Objectives
) -> None:
    about = f"SLO:{name}"
    spec = _mapping(content, "spec")
    try:
        service = _text(spec, "service")
        if not service:
            raise _Bad(SHAPE, content.line_of("spec"), "spec.service is missing. Name the service that it is of.")
        days, words = _window(spec)
        if words:
            _note(found, _at(place, spec.line_of("timeWindow")), about, words)
        given = [one for one in _list(spec, "objectives") if isinstance(one, Lined)]
        if not given:
            raise _Bad(TARGET, content.line_of("spec"), "spec.objectives is missing. Give at least one, with a target.")
    except _Bad as error:
        _refuse(found, _at(place, error.line), error.topic, about, error.message, "The SLO.")
        return
    _count_uncarried(spec, given, found)
    if _text(spec, "budgetingMethod") not in ("", "Occurrences"):
        _note(
            found, _at(place, spec.line_of("budgetingMethod")), about,
            "Its budget is counted in time slices: record the good and all slices as its measurements.",
        )  # fmt: skip
    codes: set[str] = set()
    for number, one in enumerate(given, start=1):
        try:
            found.objectives.append(
                _objective(name, content, one, number, len(given), place, days, service, indicators, used, codes)
            )
            codes.add(found.objectives[-1].code)
        except _Bad as error:
            _refuse(found, _at(place, error.line), error.topic, about, error.message, "The objective.")
        if "compositeWeight" in one:
            _note(
                found, _at(place, one.line_of("compositeWeight")), about, "Weights are not carried: each counts alone."
            )


def _objective(
    name: str, content: Lined, one: Lined, number: int, count: int, place: Place, days: int, service: str,
    indicators: dict[str, Lined], used: set[str], codes: set[str],
) -> ObjectiveRead:  # fmt: skip
    spec, metadata = _mapping(content, "spec"), _mapping(content, "metadata")
    label = _text(one, "displayName")
    code = _code(name)
    if count > 1:
        code = f"{code}-{_code(label) or number}"
        code = code if code not in codes else f"{code}-{number}"
    if len(code) > MOST_CODE:
        raise _Bad(SHAPE, one.line, f"Its code would be {shown(code)}; a code has at most {MOST_CODE} characters.")
    title = _text(metadata, "displayName") or name
    indicator = _indicator(one, indicators, used) or _indicator(spec, indicators, used)
    if indicator is None:
        raise _Bad(INDICATOR, spec.line, "It has no indicator and no indicatorRef. Say what it is measured by.")
    annotations = _mapping(metadata, "annotations")
    words = " ".join([name, title, label, _text(spec, "description"), _words(indicator)])
    kind, threshold = _kind(one, indicator, annotations, words)
    return ObjectiveRead(
        code=code,
        name=f"{title}: {label}" if label and count > 1 else title,
        service=_code(service),
        kind=kind,
        target=_target(one),
        window_days=days,
        threshold=threshold,
        source=_source(indicator),
        place=_at(place, one.line),
        service_place=_at(place, content.line_of("spec", "service")),
    )


def _indicator(of: Lined, indicators: dict[str, Lined], used: set[str]) -> Lined | None:
    inline = of.get("indicator")
    if isinstance(inline, Lined):
        return inline
    name = _text(of, "indicatorRef")
    if not name:
        return None
    if name not in indicators:
        near = get_close_matches(name, list(indicators), n=1)
        words = f" Did you mean {near[0]}?" if near else " Add its SLI, or write the indicator out here."
        raise _Bad(INDICATOR, of.line_of("indicatorRef"), f"No SLI {shown(name)} is in these files.{words}")
    used.add(name)
    return indicators[name]


def _kind(one: Lined, indicator: Lined, annotations: Lined, words: str) -> tuple[str, Decimal | None]:
    """Return what an objective is about, and its threshold in our unit."""
    said = _text(annotations, KIND_KEY)
    if said and said not in ("availability", "latency", "freshness"):
        raise _Bad(
            THRESHOLD,
            annotations.line_of(KIND_KEY),
            f"{KIND_KEY} is {shown(said)}: availability, latency or freshness.",
        )
    is_threshold = "thresholdMetric" in _mapping(indicator, "spec") or one.get("value") is not None
    told = "latency" if _LATENCY.search(words) else "freshness" if _FRESHNESS.search(words) else ""
    kind = said or told or ("" if is_threshold else "availability")
    if not kind:
        raise _Bad(
            THRESHOLD, one.line,
            "It has a threshold, and nothing says whether it is of a latency or a freshness. Add the annotation "
            f"{KIND_KEY}: latency, or freshness.",
        )  # fmt: skip
    if one.get("value") is None:
        return kind, None
    if kind == "availability":
        raise _Bad(THRESHOLD, one.line_of("value"), "An availability has no threshold. Take value and op out.")
    if _text(one, "op") not in ("lt", "lte"):
        raise _Bad(
            THRESHOLD, one.line_of("op"),
            f"op is {shown(str(one.get('op') or ''))}: here a value is good when it is at most the threshold. Write "
            "lte, and turn the value round.",
        )  # fmt: skip
    units = MILLISECONDS if kind == "latency" else MINUTES
    unit = _text(annotations, UNIT_KEY) or _unit(words)
    if unit not in units:
        raise _Bad(
            THRESHOLD, one.line_of("value"),
            f"The value {_text(one, 'value')} has no unit that is known. Add the annotation {UNIT_KEY}: one of "
            f"{', '.join(units)}.",
        )  # fmt: skip
    return kind, round(_number(one, "value", THRESHOLD) * units[unit], 4)


def _unit(words: str) -> str:
    match = _UNIT.search(words)
    return ("ms", "s", "m", "h")[(match.lastindex or 1) - 1] if match else ""


def _target(one: Lined) -> Decimal:
    given = [name for name in ("target", "targetPercent") if one.get(name) is not None]
    if len(given) != 1:
        words = "Neither target nor targetPercent is there" if not given else "Both target and targetPercent are there"
        raise _Bad(TARGET, one.line, f"{words}. Give one of them, such as target: 0.999.")
    (name,) = given
    number = _number(one, name, TARGET)
    target = number if name == "target" else number / 100
    if not 0 < target < 1:
        remedy = " For a share in percent write targetPercent." if name == "target" and 1 <= number < 100 else ""
        raise _Bad(
            TARGET,
            one.line_of(name),
            f"{name} is {number}: it lies above 0 and below {1 if name == 'target' else 100}.{remedy}",
        )
    return target


def _number(of: Lined, name: str, topic: str) -> Decimal:
    text = str(of.get(name))
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > 10**12:
        raise _Bad(topic, of.line_of(name), f"{name} is {shown(text)}, which is no number. Write one such as 0.999.")
    return number


def _window(spec: Lined) -> tuple[int, str]:
    """Return the days of the window, and what is to be told of it."""
    given = [one for one in _list(spec, "timeWindow") if isinstance(one, Lined)]
    if not given:
        return USUAL_DAYS, f"It has no time window; {USUAL_DAYS} days are taken."
    line = spec.line_of("timeWindow")
    if len(given) > 1:
        raise _Bad(WINDOW, line, f"It has {len(given)} time windows; exactly one is needed. Make an SLO for each.")
    (window,) = given
    text = _text(window, "duration")
    match = _DURATION.fullmatch(text)
    if not match:
        raise _Bad(WINDOW, window.line_of("duration"), f"The duration is {shown(text)}. Write one such as 28d or 4w.")
    count, postfix = int(match[1]), match[2]
    hours = count * {"m": 1, "h": 60}.get(postfix, 0)
    if postfix in DAYS:
        days = count * DAYS[postfix]
    elif hours % 1440 == 0:
        days = hours // 1440
    else:
        days = 0
    if not 1 <= days <= 366:
        raise _Bad(
            WINDOW, window.line_of("duration"), f"A window of {text} is not kept here: it is 1 to 366 whole days."
        )
    if "calendar" in window or window.get("isRolling") is False:
        return days, f"Its calendar window of {text} is counted as a rolling window of {days} days."
    return days, f"{text} is counted as {days} days." if postfix in "MQY" else ""


def _source(indicator: Lined) -> str:
    """Return where the figures come from: the kind of source and the query, as far as there is room."""
    for metric in _metrics(_mapping(indicator, "spec")):
        source = _mapping(metric, "metricSource")
        query = _mapping(source, "spec").get("query")
        name = _text(source, "type") or _text(source, "metricSourceRef")
        if name == OURS:
            return _text(_mapping(source, "spec"), "query")
        text = " ".join(f"{name}: {query}".split()) if isinstance(query, str) else name
        if text:
            return text[:300]
    return "OpenSLO"


def _metrics(spec: Lined) -> list[Lined]:
    ratio = _mapping(spec, "ratioMetric")
    given = [spec.get("thresholdMetric"), *(ratio.get(name) for name in ("total", "raw", "good", "bad"))]
    return [one for one in given if isinstance(one, Lined)]


def _words(indicator: Lined) -> str:
    metadata, spec = _mapping(indicator, "metadata"), _mapping(indicator, "spec")
    parts = [_text(metadata, "name"), _text(metadata, "displayName"), _text(spec, "description")]
    for metric in _metrics(spec):
        parts += [
            str(one) for one in _mapping(_mapping(metric, "metricSource"), "spec").values() if isinstance(one, str)
        ]
    return " ".join(parts)


def _count_uncarried(spec: Lined, given: list[Lined], found: Objectives) -> None:
    for key in spec.keys() - _SLO_FIELDS:
        found.uncarried[f"spec.{key}"] += 1
    for name in ("alertPolicies", "description"):
        if spec.get(name):
            found.uncarried[f"spec.{name}"] += 1
    for one in given:
        for key in one.keys() - _OBJECTIVE_FIELDS | (one.keys() & {"timeSliceTarget", "timeSliceWindow"}):
            found.uncarried[f"spec.objectives.{key}"] += 1


def _find_same_codes(found: Objectives) -> None:
    for rows in (found.services, found.objectives):
        standing: dict[str, Any] = {}
        for row in list(rows):
            first = standing.setdefault(row.code, row)
            if first is not row:
                rows.remove(row)
                _refuse(
                    found, row.place, DUPLICATE, row.code,
                    f"Its code {row.code} is that of {first.name} ({first.place}) too. Rename one of them.",
                    "This one: the other keeps the code.",
                )  # fmt: skip


def _code(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _at(place: Place, line: int) -> Place:
    return Place(place.file, place.document, line)


def _mapping(of: Any, key: str) -> Lined:
    value = of.get(key) if isinstance(of, dict) else None
    return value if isinstance(value, Lined) else Lined(getattr(of, "line", 0))


def _list(of: Lined, key: str) -> list[Any]:
    value = of.get(key)
    return value if isinstance(value, list) else []


def _text(of: Lined, key: str) -> str:
    value = of.get(key)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _refuse(
    found: Objectives, place: Place, topic: str, about: str, message: str, left_out: str = "The document."
) -> None:
    found.findings.append(Finding(place, topic, about, message, Weight.BROKEN, left_out))


def _note(found: Objectives, place: Place, about: str, message: str) -> None:
    found.findings.append(Finding(place, NOT_CARRIED, about, message, Weight.NOT_CARRIED))
