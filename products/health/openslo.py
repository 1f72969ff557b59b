"""Objectives as OpenSLO 1.0, for other programs to read; the import of catalogues reads them back unchanged.

Source: the OpenSLO specification, openslo/v1 (github.com/OpenSLO/OpenSLO, README): SLO, Objectives and SLI.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import yaml
from django.http import HttpResponse

from products.health.models import Objective

VERSION = "openslo/v1"
#: Annotations that say what OpenSLO has no field for: what an objective is about, and the unit of its threshold.
KIND_KEY, UNIT_KEY = "twofold/kind", "twofold/unit"
OURS = "Twofold"  #: the type of source in what is written here
#: Our units of a threshold.
UNITS = {"latency": "ms", "freshness": "m"}


def openslo_file(objectives: Iterable[Objective]) -> HttpResponse:
    """Return objectives, with their services selected, as a file to download."""
    documents = [
        slo_document(
            code=objective.code,
            name=objective.name,
            service=objective.service.code,
            kind=objective.kind,
            target=objective.target,
            window_days=objective.window_days,
            threshold=objective.threshold,
            source=objective.source,
        )
        for objective in objectives
    ]
    response = HttpResponse(as_yaml(documents), content_type="application/yaml; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="objectives.yaml"'
    return response


def slo_document(
    *, code: str, name: str, service: str, kind: str, target: Decimal, window_days: int, threshold: Decimal | None,
    source: str,
) -> dict[str, Any]:  # fmt: skip
    """Return one objective as an OpenSLO document; read again, it gives the same objective."""
    spec: dict[str, Any] = {"description": source} if source else {}
    metric = {"metricSource": {"type": OURS, "spec": {"query": source}}}
    objective: dict[str, Any] = {"target": float(target)}
    if threshold is None:
        measured: dict[str, Any] = {"ratioMetric": {"counter": True, "good": metric, "total": metric}}
    else:
        measured = {"thresholdMetric": metric}
        objective = {"op": "lte", "value": float(threshold), **objective}
    unit = UNITS.get(kind)
    annotations = {KIND_KEY: kind, **({UNIT_KEY: unit} if unit and threshold is not None else {})}
    return {
        "apiVersion": VERSION,
        "kind": "SLO",
        "metadata": {"name": code, "displayName": name, "annotations": annotations},
        "spec": {
            **spec,
            "service": service,
            "indicator": {"metadata": {"name": f"{code}-indicator"}, "spec": measured},
            "timeWindow": [{"duration": f"{window_days}d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [objective],
        },
    }


def as_yaml(documents: Iterable[dict[str, Any]]) -> str:
    """Return documents as one YAML file."""
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, explicit_start=True)
