"""Backstage's catalogue files: entities and the references between them, and what is wrong with either.

Nothing here knows the database: references are resolved where the rows are (`backstage_import`).

Source: Backstage, “Descriptor Format of Catalog Entities” and “Entity References”
(backstage.io/docs/features/software-catalog): a reference is `[kind:][namespace/]name`, compared without regard to
case, and one kind, namespace and name stands once in a catalogue.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

from portfolio.intake.catalogues.findings import Finding, Place, UnreadableFile, Weight
from portfolio.intake.catalogues.yaml_files import Document, Lined, read_documents
from portfolio.intake.cells import shown

MOST_CODE = 60
DUPLICATE, NAME, SHAPE, PLACEHOLDER = "Duplicate name", "Name", "Shape", "Placeholder"
OWNER, REFERENCE, NOT_CARRIED = "Missing owner", "Broken reference", "Not carried"

KINDS = ("component", "api", "resource", "system", "domain", "group", "user", "location", "template")
#: Those of which rows are made.
CARRIED = {"component", "resource", "system", "group"}
#: A component of these types is a service; any other is something that services are built of.
SERVICE_TYPES = {"service", "website"}
#: The fields that refer to other entities, and the kind that is meant where none is written.
RELATIONS = {
    "dependsOn": "component",
    "dependencyOf": "component",
    "providesApis": "api",
    "consumesApis": "api",
    "subcomponentOf": "component",
}
#: What is read of an entity; other fields are counted as not carried.
_READ = {"apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.title", "metadata.description"} | {
    f"spec.{name}" for name in ("type", "owner", "system", "parent", "members", "profile", *RELATIONS)
}

_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_REF = re.compile(r"(?:(?P<kind>[^:/]+):)?(?:(?P<namespace>[^:/]+)/)?(?P<name>[^:/]+)")
_PLACEHOLDER = re.compile(
    r"[A-Z]{2,}[-_][A-Z]{2,}|[<>{}$]|(?i:change-?me|replace-?me|your[-_]|placeholder|todo|fixme|\btbd\b)"
)


class Ref(NamedTuple):
    """What an entity is known by, in lower case: two that differ in case only are the same."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"

    @property
    def code(self) -> str:
        """The code of the row that the entity becomes; of another namespace than the default it begins with that."""
        text = self.name if self.namespace == "default" else f"{self.namespace}-{self.name}"
        return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


@dataclass(frozen=True)
class Reference:
    """One entity's mention of another: the field, the words, and the line."""

    field: str
    ref: Ref
    written: str
    place: Place

    @property
    def is_placeholder(self) -> bool:
        """Whether it reads like a word of a template that was never filled in."""
        return bool(_PLACEHOLDER.search(self.written))


@dataclass(frozen=True)
class Entity:
    """One entity of a catalogue, as far as it is taken over."""

    ref: Ref
    place: Place
    title: str = ""
    description: str = ""
    type: str = ""
    owner: Reference | None = None
    system: Reference | None = None
    parent: Reference | None = None
    relations: tuple[Reference, ...] = ()
    members: int = 0
    is_left_out: bool = False  #: it stands a second time, and the first is taken

    @property
    def is_carried(self) -> bool:
        """Whether a row is made of it."""
        if self.ref.kind == "group":
            return self.type == "team"
        return self.ref.kind in CARRIED

    @property
    def is_service(self) -> bool:
        """Whether it becomes a service."""
        return self.ref.kind == "component" and self.type.lower() in SERVICE_TYPES

    @property
    def becomes(self) -> str:
        """What it becomes, in a word; empty is nothing."""
        if not self.is_carried:
            return ""
        if self.ref.kind == "component":
            return "service" if self.is_service else "component"
        return {"group": "team", "system": "product", "resource": "component"}[self.ref.kind]


@dataclass
class Catalogue:
    """All that was read of some files."""

    entities: list[Entity] = field(default_factory=list)  #: in the order of the files, those left out included
    findings: list[Finding] = field(default_factory=list)
    uncarried: dict[str, int] = field(default_factory=lambda: defaultdict(int))  #: fields that nothing is made of

    @property
    def taken(self) -> dict[Ref, Entity]:
        """The entities by what they are known by, each once."""
        return {entity.ref: entity for entity in self.entities if not entity.is_left_out}


def read_catalogue(files: Iterable[tuple[str, bytes]]) -> Catalogue:
    """Read files, given by name and content, as one catalogue: references go across them."""
    found = Catalogue()
    contents: list[Any] = []
    for name, data in files:
        try:
            documents, findings = read_documents(data, name)
        except UnreadableFile as error:
            found.findings.append(error.finding)
            continue
        found.findings += findings
        for document in documents:
            entity = _entity(document, found)
            if entity is not None:
                found.entities.append(entity)
                contents.append(document.content)
    _find_duplicates(found, contents)
    _find_same_codes(found)
    return found


def _entity(document: Document, found: Catalogue) -> Entity | None:
    content, place = document.content, document.place

    def refuse(topic: str, line: int, about: str, message: str, left_out: str = "The document.") -> None:
        found.findings.append(
            Finding(Place(place.file, place.document, line), topic, about, message, Weight.BROKEN, left_out)
        )

    if not isinstance(content, Lined) or not str(content.get("apiVersion") or "").startswith("backstage.io/"):
        given = content.get("apiVersion") if isinstance(content, Lined) else content
        words = f"apiVersion is {shown(str(given))}" if given else "apiVersion is missing"
        refuse(SHAPE, place.line, "", f"This is no Backstage entity: {words}. Write apiVersion: backstage.io/v1alpha1.")
        return None
    metadata, spec = content.get("metadata"), content.get("spec") or Lined(place.line)
    kind = str(content.get("kind") or "").lower()
    if not kind or not isinstance(metadata, Lined) or not isinstance(spec, Lined):
        refuse(SHAPE, place.line, "", "An entity has a kind, and metadata and spec with keys of their own. Add them.")
        return None
    name, about = _text(metadata, "name"), f"{kind}:{_text(metadata, 'name')}"
    line = content.line_of("metadata", "name")
    if not _NAME.fullmatch(name):
        better = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:63]
        words = f"The name {shown(name)} cannot be referred to" if name else "metadata.name is missing"
        remedy = f" Call it {better}." if better else ""
        refuse(
            NAME, line, about,
            f"{words}: a name has at most 63 letters, digits, hyphens, underscores and points, begins and ends with "
            f"one of the first two.{remedy}",
        )  # fmt: skip
        return None
    ref = Ref(kind, (_text(metadata, "namespace") or "default").lower(), name.lower())
    if len(ref.code) > MOST_CODE and kind in CARRIED:
        refuse(NAME, line, str(ref), f"Its code would be {shown(ref.code)}; a code has at most {MOST_CODE} characters.")
        return None
    _count_uncarried(content, found)
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, n=1)
        words = f" Did you mean {near[0]}?" if near else ""
        found.findings.append(
            Finding(place, NOT_CARRIED, str(ref), f"{shown(kind)} is no kind known here.{words}", Weight.NOT_CARRIED)
        )
        return None

    def references(name: str, kind_meant: str) -> list[Reference]:
        given = spec.get(name)
        values = given if isinstance(given, list) else [] if given in (None, "") else [given]
        at = Place(place.file, place.document, content.line_of("spec", name))
        read = []
        for value in values:
            match = _REF.fullmatch(value) if isinstance(value, str) else None
            if match is None:
                refuse(
                    REFERENCE, at.line, str(ref),
                    f"spec.{name} has {shown(str(value))}, which is no reference. Write kind:namespace/name, such as "
                    f"{kind_meant}:default/one.", "The reference.",
                )  # fmt: skip
                continue
            target = Ref(
                (match["kind"] or kind_meant).lower(),
                (match["namespace"] or ref.namespace).lower(),
                match["name"].lower(),
            )
            read.append(Reference(f"spec.{name}", target, value, at))
        return read

    def one(name: str, kind_meant: str) -> Reference | None:
        given = references(name, kind_meant)
        return given[0] if given else None

    profile = spec.get("profile")
    title = _text(metadata, "title") or (_text(profile, "displayName") if isinstance(profile, Lined) else "")
    members = spec.get("members")
    entity = Entity(
        ref=ref,
        place=place,
        title=" ".join(title.split()),
        description=_text(metadata, "description").strip(),
        type=_text(spec, "type"),
        owner=one("owner", "group") if kind != "group" else None,
        system=one("system", "system") if kind in ("component", "resource", "api") else None,
        parent=one("parent", "group") if kind == "group" else None,
        relations=tuple(
            reference for name, meant in RELATIONS.items() for reference in references(name, meant)
            if kind in ("component", "resource")
        ),
        members=len(members) if isinstance(members, list) else 0,
    )  # fmt: skip
    if kind in ("component", "resource", "group") and not entity.type:
        refuse(SHAPE, content.line_of("spec"), str(ref), "spec.type is missing. Write what it is, such as service.")
        return None
    return entity


def _text(of: Mapping[str, Any], key: str) -> str:
    value = of.get(key)
    return value if isinstance(value, str) else ""


def _count_uncarried(content: Lined, found: Catalogue) -> None:
    for name, value in content.items():
        if name in ("metadata", "spec") and isinstance(value, Lined):
            for key in value:
                if f"{name}.{key}" not in _READ:
                    found.uncarried[f"{name}.{key}"] += 1
        elif name not in _READ:
            found.uncarried[name] += 1


def _find_duplicates(found: Catalogue, contents: list[Any]) -> None:
    """Report each name that stands more than once; the first is taken, as Backstage does, and the others are not."""
    places: dict[Ref, list[int]] = defaultdict(list)
    for index, entity in enumerate(found.entities):
        places[entity.ref].append(index)
    same: set[int] = set()
    for ref, indexes in places.items():
        if len(indexes) < 2:
            continue
        first, *others = indexes
        for index in others:
            found.entities[index] = _left_out(found.entities[index])
            if contents[index] == contents[first]:
                same.add(index)
        where = "; ".join(str(found.entities[index].place) for index in indexes)
        differing = sorted({path for index in others for path in _differences(contents[first], contents[index])})
        if not differing:
            words, weight = "They are the same, so it is taken once.", Weight.NOT_CARRIED
        else:
            words = f"They differ in {', '.join(differing)}. Give each a name of its own, or take the wrong ones out."
            weight = Weight.BROKEN if found.entities[first].is_carried else Weight.NOT_CARRIED
        found.findings.append(
            Finding(
                found.entities[first].place, DUPLICATE, str(ref),
                f"This name stands {len(indexes)} times: {where}. {words}", weight,
                "All but the first, which keeps the name." if differing else "",
            )
        )  # fmt: skip
    found.entities = [entity for index, entity in enumerate(found.entities) if index not in same]


def _left_out(entity: Entity) -> Entity:
    return Entity(**{**entity.__dict__, "is_left_out": True})


def _differences(one: Any, other: Any, path: str = "", depth: int = 2) -> set[str]:
    if one == other:
        return set()
    if not depth or not isinstance(one, dict) or not isinstance(other, dict):
        return {path or "all"}
    return {
        found
        for key in one.keys() | other.keys()
        for found in _differences(one.get(key), other.get(key), f"{path}.{key}" if path else str(key), depth - 1)
    }


def _find_same_codes(found: Catalogue) -> None:
    """Report names that are two to Backstage and would be one code here; the first keeps it."""
    standing: dict[tuple[str, str], Entity] = {}
    for index, entity in enumerate(found.entities):
        if entity.is_left_out or not entity.is_carried:
            continue
        first = standing.setdefault((entity.becomes, entity.ref.code), entity)
        if first is not entity:
            found.entities[index] = _left_out(entity)
            found.findings.append(
                Finding(
                    entity.place, DUPLICATE, str(entity.ref),
                    f"Its code {entity.ref.code} is that of {first.ref} ({first.place}) too. Rename one of them.",
                    Weight.BROKEN, "This one: the other keeps the code.",
                )
            )  # fmt: skip
