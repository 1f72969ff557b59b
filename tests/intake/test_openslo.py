"""What is read of OpenSLO files, what is refused or not carried, and what is written."""

from decimal import Decimal

import pytest

from portfolio.intake.catalogues.openslo import read_objectives
from products.health.openslo import as_yaml, slo_document

SERVICE = """
apiVersion: openslo/v1
kind: Service
metadata: {name: checkout, displayName: Checkout}
spec: {description: Takes payments.}
"""
RATIO = "ratioMetric: {counter: true, good: {metricSource: {type: Prometheus, spec: {query: up_total}}}, total: {}}"
THRESHOLD = "thresholdMetric: {metricSource: {type: Prometheus, spec: {query: request_seconds}}}"


HOURS = "{twofold/kind: freshness, twofold/unit: h}"
ROLLING = "{duration: 28d, isRolling: true}"


def slo(
    *objectives: str, name: str = "checkout-works", metric: str = RATIO, window: str = ROLLING,
    annotations: str = "{}", more: str = "",
) -> str:  # fmt: skip
    return f"""
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}, displayName: Checkout works, annotations: {annotations}}}
spec:
  service: checkout
  indicator: {{metadata: {{name: one}}, spec: {{{metric}}}}}
  timeWindow: [{window}]
  budgetingMethod: Occurrences
  {more}
  objectives: [{", ".join(objectives or ["{target: 0.999}"])}]
"""


def read(*documents: str):
    return read_objectives([("slo.yaml", "\n---\n".join(documents).encode())])


def test_an_slo_becomes_an_objective_of_its_service():
    found = read(SERVICE, slo())
    (service,), (objective,) = found.services, found.objectives
    assert (service.code, service.name, service.description) == ("checkout", "Checkout", "Takes payments.")
    assert (objective.code, objective.name, objective.service) == ("checkout-works", "Checkout works", "checkout")
    assert (objective.kind, objective.target, objective.window_days) == ("availability", Decimal("0.999"), 28)
    assert objective.source == "Prometheus: up_total"
    assert not found.findings


def test_several_targets_become_several_objectives_with_codes_of_their_own():
    found = read(slo("{displayName: Gold, targetPercent: 99.95}", "{targetPercent: 99, compositeWeight: 2}"))
    assert [(one.code, one.name, one.target) for one in found.objectives] == [
        ("checkout-works-gold", "Checkout works: Gold", Decimal("0.9995")),
        ("checkout-works-2", "Checkout works", Decimal("0.99")),
    ]
    assert "each counts alone" in found.findings[0].message


@pytest.mark.parametrize(
    ("objective", "options", "kind", "threshold"),
    [
        ("{op: lte, value: 0.3, target: 0.95}", {"name": "latency"}, "latency", 300),
        ("{op: lt, value: 5, target: 0.95}", {"annotations": HOURS}, "freshness", 300),
        ("{target: 0.95}", {"metric": RATIO, "name": "fast-latency"}, "latency", None),
    ],
)  # fmt: skip
def test_what_an_objective_is_about_and_its_unit_are_read_from_words_or_annotations(
    objective, options, kind, threshold
):
    found = read(slo(objective, **{"metric": THRESHOLD, **options}))
    (one,) = found.objectives
    assert (one.kind, one.threshold) == (kind, threshold)


@pytest.mark.parametrize(
    ("window", "days", "words"),
    [
        ("{duration: 4w, isRolling: true}", 28, ""),
        ("{duration: 48h, isRolling: true}", 2, ""),
        ("{duration: 1M, calendar: {startTime: 2022-01-01, timeZone: UTC}}", 30, "calendar window"),
        ("{duration: 1Q, isRolling: true}", 90, "counted as 90 days"),
    ],
)
def test_windows_are_counted_in_days_and_what_changes_by_that_is_told(window, days, words):
    found = read(slo(window=window))
    assert found.objectives[0].window_days == days
    assert [words in finding.message for finding in found.findings] == [True] * bool(words)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (slo("{target: 99.9}"), "For a share in percent write targetPercent"),
        (slo("{target: 0.9, targetPercent: 90}"), "Both target and targetPercent"),
        (slo("{displayName: None}"), "Neither target nor targetPercent"),
        (slo("{target: many}"), "no number"),
        (slo("{op: gt, value: 3, target: 0.9}", name="latency", metric=THRESHOLD), "Write lte"),
        (slo("{op: lt, value: 3, target: 0.9}", metric=THRESHOLD), "twofold/kind"),
        (slo("{op: lt, value: 3, target: 0.9}", name="latency"), "twofold/unit"),
        (slo(window="{duration: 5h, isRolling: true}"), "whole days"),
        (slo(window="{duration: soon}"), "Write one such as 28d"),
        (slo().replace("service: checkout", "severity: 1"), "spec.service is missing"),
        (slo().replace("openslo/v1", "openslo/v1alpha"), "openslo/v1 is read here"),
        (slo().replace("kind: SLO", "kind: Slo"), "Did you mean SLO?"),
        (slo().replace("indicator: {", "indicatorRef: up\n  other: {"), "No SLI"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_line_and_the_remedy(document, words):
    found = read(document)
    assert not found.objectives
    assert words in found.findings[0].message
    assert found.findings[0].stops
    assert found.findings[0].place.line > 0


def test_indicators_are_found_by_name_and_other_kinds_are_not_carried():
    sli = f"apiVersion: openslo/v1\nkind: SLI\nmetadata: {{name: up}}\nspec: {{{RATIO}}}"
    alert = "apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: {name: page}\nspec: {}"
    found = read(
        slo(more="alertPolicies: [page]").replace("indicator: {", "indicatorRef: up\n  unknown: {"), sli, alert
    )
    assert len(found.objectives) == 1
    assert ["AlertPolicy" in finding.message for finding in found.findings] == [True]
    assert dict(found.uncarried) == {"spec.unknown": 1, "spec.alertPolicies": 1}


def test_what_is_written_reads_back_as_the_same_objective():
    given = {
        "code": "fast", "name": "Fast", "service": "checkout", "kind": "latency", "target": Decimal("0.955"),
        "window_days": 30, "threshold": Decimal("300.5"), "source": "Prometheus: x_seconds",
    }  # fmt: skip
    plain = {**given, "code": "works", "kind": "availability", "threshold": None, "source": ""}
    found = read(as_yaml([slo_document(**given), slo_document(**plain)]))
    assert not found.findings
    for one, wanted in zip(found.objectives, (given, plain), strict=True):
        assert {name: getattr(one, name) for name in wanted} == wanted
