"""YAML files read safely: as text, mappings and lists, each with the line it stands on.

A scalar stays the text that was written, so that a version 1.10 is not 1.1 and a share 0.999 is no float; only null
and true or false become values. Nothing in a file can call anything: no tag makes an object. What could make a small
file large in memory is counted before it is built: aliases are written out only as far as `MOST_VALUES` goes.

Source: YAML 1.1, as PyYAML with libyaml reads it; for the bomb, CVE-2003-1564 ("billion laughs").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from portfolio.intake.catalogues.findings import Finding, Place, UnreadableFile, unreadable

MOST_BYTES = 10 * 1024 * 1024
MOST_DOCUMENTS = 20_000
MOST_VALUES = 1_000_000  #: in a file, with every alias written out
MOST_DEPTH = 50

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TEXT = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "timestamp", "value")}
_NULL, _BOOL = "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool"
_MAP, _SEQ, _MERGE = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:merge"
_TRUE = {"yes", "true", "on"}


class Lined(dict):
    """A mapping of a file, with the line of each key, and its own."""

    def __init__(self, line: int):
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, *keys: str) -> int:
        """Return the line of a key of a key, as deep as there is one."""
        found: Any = self
        line = self.line
        for key in keys:
            if not isinstance(found, Lined) or key not in found.lines:
                break
            line, found = found.lines[key], found[key]
        return line


@dataclass(frozen=True)
class Document:
    """One document of a file."""

    place: Place
    content: Any  #: text, a truth, None, a list, or `Lined`


def read_documents(data: bytes, file: str) -> tuple[list[Document], list[Finding]]:
    """Return the documents of a file that hold something, and what is wrong with single ones.

    Raises UnreadableFile where the file cannot be told apart into documents at all, or is too large.
    """
    if len(data) > MOST_BYTES:
        raise unreadable(
            f"The file has {len(data):,} bytes; at most {MOST_BYTES:,} are taken. Split it at a line “---”.", file=file
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise unreadable("The file is no UTF-8 text. Save it again as UTF-8.", file=file, line=line) from None
    try:
        _check_events(text, file)
        return _build(text, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.problem, error.context) if part)
        raise unreadable(
            f"This is no YAML from here on: {said}. Mend the line, or the one above it, and try again.",
            file=file,
            line=mark.line + 1 if mark else 0,
        ) from None
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())[:200]
        raise unreadable(f"This is no YAML: {said}. Save the file again as text.", file=file) from None


def _check_events(text: str, file: str) -> None:
    """Refuse what is nested deeply or has very many values, before anything is built of it."""
    depth = values = documents = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        documents += isinstance(event, yaml.DocumentStartEvent)
        values += isinstance(event, yaml.NodeEvent)
        line = event.start_mark.line + 1
        if depth > MOST_DEPTH:
            raise unreadable(
                f"More than {MOST_DEPTH} levels lie in each other here, as in no catalogue. Look at the indentation.",
                file=file,
                line=line,
            )
        if documents > MOST_DOCUMENTS or values > MOST_VALUES:
            raise unreadable(
                f"The file has more than {MOST_DOCUMENTS:,} documents or {MOST_VALUES:,} values. Split it.",
                file=file,
                line=line,
            )


def _build(text: str, file: str) -> tuple[list[Document], list[Finding]]:
    documents: list[Document] = []
    findings: list[Finding] = []
    left = MOST_VALUES
    for number, node in enumerate(_nodes(text), start=1):
        place = Place(file, number, node.start_mark.line + 1)
        left -= _extent(node, {}, set(), left, place).values
        try:
            content = _value(node, place)
        except _Refused as error:
            findings.append(
                Finding(Place(file, number, error.line), "Document", "", error.message, left_out="The document.")
            )
            continue
        if content is not None:
            documents.append(Document(place, content))
    return documents, findings


def _nodes(text: str) -> Iterator[Any]:
    return iter(yaml.compose_all(text, Loader=Loader))


@dataclass(frozen=True)
class _Extent:
    """How large a node is with its aliases written out: its values, and how deep they lie in each other."""

    values: int = 1
    depth: int = 1


def _extent(node: Any, known: dict[int, _Extent], above: set[int], most: int, place: Place) -> _Extent:
    """Return the extent of a node, each node measured once; refuse what is too large, too deep or part of itself."""
    if isinstance(node, yaml.ScalarNode):
        return _Extent()
    if id(node) in known:
        return known[id(node)]
    line = node.start_mark.line + 1
    if id(node) in above:
        words = "An alias here stands for something that it is itself a part of. Write out what is meant."
        raise unreadable(words, file=place.file, document=place.document, line=line)
    above.add(id(node))
    parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    extents = [_extent(part, known, above, most, place) for part in parts]
    above.discard(id(node))
    found = _Extent(
        1 + sum(extent.values for extent in extents), 1 + max((extent.depth for extent in extents), default=0)
    )
    if found.values > most or found.depth > MOST_DEPTH:
        words = (
            f"With its aliases written out this comes to more than {MOST_VALUES:,} values or {MOST_DEPTH} levels. "
            "Take out the aliases that repeat each other."
        )
        raise unreadable(words, file=place.file, document=place.document, line=line)
    known[id(node)] = found
    return found


class _Refused(UnreadableFile):
    """A document of which nothing can be taken; the others can."""

    def __init__(self, message: str, place: Place, line: int):
        super().__init__(Finding(place, "Document", "", message))
        self.message, self.line = message, line


def _value(node: Any, place: Place) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        if "\x00" in node.value:
            raise _Refused("The text here has a NUL character in it. Take it out.", place, line)
        if node.tag == _NULL:
            return None
        if node.tag == _BOOL:
            return node.value.lower() in _TRUE
        if node.tag in _TEXT:
            return node.value
    elif isinstance(node, yaml.SequenceNode) and node.tag == _SEQ:
        return [_value(part, place) for part in node.value]
    elif isinstance(node, yaml.MappingNode) and node.tag == _MAP:
        return _mapping(node, place, line)
    raise _Refused(f"The tag {node.tag[:60]} is not taken. Write plain text, a list or a mapping.", place, line)


def _mapping(node: Any, place: Place, line: int) -> Lined:
    found = Lined(line)
    merged: list[Lined] = []
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + 1
        value = _value(value_node, place)
        if key_node.tag == _MERGE:
            merged += [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, Lined)]
            continue
        if not isinstance(key_node, yaml.ScalarNode):
            raise _Refused("A key here is a list or a mapping. Keys are plain words.", place, key_line)
        key = key_node.value
        if key in found:
            raise _Refused(
                f"The key “{key[:60]}” stands twice, on lines {found.lines[key]} and {key_line}, so one of them would "
                "be lost. Take one out.",
                place, key_line,
            )  # fmt: skip
        found[key], found.lines[key] = value, key_line
    for part in merged:
        for key in part.keys() - found.keys():
            found[key], found.lines[key] = part[key], part.lines[key]
    return found
