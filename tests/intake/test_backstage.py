"""What is read of Backstage's files, and what is found wrong with them, before any row is looked at."""

from pathlib import Path

import pytest

from portfolio.intake.catalogues.backstage import Ref, read_catalogue
from portfolio.intake.catalogues.findings import Weight

REAL = Path(__file__).parents[3] / "shared" / "data" / "backstage"


def entity(name: str, *spec: str, kind: str = "Component", **metadata: str) -> str:
    lines = [f"  {key}: {value}" for key, value in {"name": name, **metadata}.items()]
    return "\n".join(
        [
            "apiVersion: backstage.io/v1alpha1",
            f"kind: {kind}",
            "metadata:",
            *lines,
            "spec:",
            *(f"  {one}" for one in spec),
        ]
    )


def read(*entities: str, name: str = "catalog.yaml"):
    return read_catalogue([(name, "\n---\n".join(entities).encode())])


def said(catalogue, topic: str) -> list[str]:
    return [finding.message for finding in catalogue.findings if finding.topic == topic]


def test_an_entity_is_read_with_its_references_and_their_lines():
    found = read(
        entity(
            "Pay.Api", "type: service", "owner: team-a", "system: user:Other/Paying", "dependsOn: [resource:db]",
            "consumesApis:", "- ledger", title="Pay", description="Takes money.",
        )
    )  # fmt: skip
    (pay,) = found.entities
    assert (pay.ref, pay.ref.code, pay.title, pay.becomes) == (
        Ref("component", "default", "pay.api"), "pay-api", "Pay", "service",
    )  # fmt: skip
    assert (str(pay.owner.ref), pay.owner.place.line) == ("group:default/team-a", 9)
    assert str(pay.system.ref) == "user:other/paying"
    assert [str(one.ref) for one in pay.relations] == ["resource:default/db", "api:default/ledger"]
    assert not found.findings


def test_what_a_component_becomes_is_told_by_its_type():
    becomes = {
        ("Component", "website"): "service",
        ("Component", "library"): "component",
        ("Resource", "database"): "component",
        ("System", "any"): "product",
        ("Group", "team"): "team",
        ("Group", "department"): "",
        ("API", "openapi"): "",
    }
    for (kind, of), row in becomes.items():
        assert read(entity("one", f"type: {of}", kind=kind)).entities[0].becomes == row


def test_a_name_that_stands_twice_is_reported_once_with_every_place_and_what_differs():
    found = read(
        entity("pay", "type: service", description="One"),
        entity("pay", "type: service", description="Two"),
        entity("Pay", "type: website", description="One"),
        entity("same", "type: service"),
        entity("same", "type: service"),
    )
    first, second = (finding for finding in found.findings if finding.topic == "Duplicate name")
    assert "3 times: catalog.yaml, document 1, line 1; catalog.yaml, document 2, line 9;" in first.message
    assert "metadata.description, metadata.name, spec.type" in first.message
    assert first.stops
    assert "taken once" in second.message
    assert not second.stops
    assert [one.description for one in found.taken.values()] == ["One", ""]


def test_two_names_that_would_be_one_code_are_reported():
    found = read(entity("pay_api", "type: service"), entity("pay.api", "type: service"))
    assert "is that of component:default/pay_api" in said(found, "Duplicate name")[0]
    assert len(found.taken) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (entity("bad name", "type: service"), "Call it bad-name."),
        (entity("a" * 64, "type: service"), "at most 63"),
        (entity("a" * 61, "type: service"), "at most 60"),
        (entity("one", "owner: team-a"), "spec.type is missing"),
        ("kind: Component\nmetadata: {name: a}\n", "apiVersion is missing"),
        ("- a\n- b\n", "no Backstage entity"),
        ("apiVersion: backstage.io/v1alpha1\nkind: Component\n", "metadata and spec"),
    ],
)
def test_what_is_no_entity_is_refused_with_what_to_write_instead(text, words):
    found = read(text)
    assert not found.entities
    assert words in found.findings[0].message
    assert found.findings[0].stops


def test_a_word_that_is_no_reference_is_reported_and_the_entity_is_read():
    found = read(entity("one", "type: service", "dependsOn:", "- 'a:b:c'", "- resource:db"))
    assert "which is no reference" in said(found, "Broken reference")[0]
    assert len(found.entities[0].relations) == 1


def test_kinds_nobody_knows_and_fields_that_are_not_carried_are_told():
    found = read(entity("one", "type: service", "lifecycle: production"), entity("two", "type: x", kind="Komponent"))
    assert "Did you mean component?" in said(found, "Not carried")[0]
    assert found.uncarried["spec.lifecycle"] == 1


def test_a_file_that_cannot_be_read_leaves_the_others_readable():
    found = read_catalogue([("a.yaml", b"a: ["), ("b.yaml", entity("one", "type: service").encode())])
    assert [finding.weight for finding in found.findings] == [Weight.UNREADABLE]
    assert len(found.entities) == 1


@pytest.mark.real_data
def test_the_real_catalogue_has_six_names_of_components_and_two_of_apis_that_stand_more_than_once():
    found = read_catalogue([(path.name, path.read_bytes()) for path in sorted(REAL.glob("*.yaml"))])
    twice = [finding for finding in found.findings if finding.topic == "Duplicate name"]
    assert sorted(one.about.split("/")[1] for one in twice if one.stops) == [
        "agent-sandbox", "agentic-platform", "aws-ebs-csi-driver-app", "aws-efs-csi-driver", "karpenter-app", "muster",
    ]  # fmt: skip
    assert len(twice) == 8
    placeholders = [one for one in found.entities if one.owner and one.owner.is_placeholder]
    assert [(one.ref.name, one.owner.written) for one in placeholders] == [("azure-aks-extras", "group:team-TEAM-NAME")]
