"""YAML is read as text with its lines, and what could harm is refused before it is built."""

import pytest

from portfolio.intake.catalogues import yaml_files
from portfolio.intake.catalogues.findings import UnreadableFile
from portfolio.intake.catalogues.yaml_files import read_documents


def test_each_document_has_its_number_and_each_key_its_line():
    documents, findings = read_documents(b"# a\n---\nkind: A\nspec:\n  owner: me\n---\n---\nkind: B\n", "a.yaml")
    assert not findings
    assert [(one.place.document, one.place.line, one.content["kind"]) for one in documents] == [
        (1, 3, "A"),
        (3, 8, "B"),
    ]
    assert documents[0].content.line_of("spec", "owner") == 5
    assert documents[0].content.line_of("spec", "system") == 4, "what is missing is missing where it would stand"


def test_what_was_written_stays_as_it_was_written():
    ((document,), _) = read_documents(b"a: 1.10\nb: 0.999\nc: 2020-01-02\nd: yes\ne: ~\nf: '1'\n", "a.yaml")
    assert document.content == {"a": "1.10", "b": "0.999", "c": "2020-01-02", "d": True, "e": None, "f": "1"}


def test_aliases_and_merged_keys_are_written_out():
    ((document,), _) = read_documents(b"base: &b {owner: me, type: service}\none: {<<: *b, type: website}\n", "a.yaml")
    assert document.content["one"] == {"owner": "me", "type": "website"}


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + level, 98 + level, b",".join([b"*%c" % (97 + level)] * 10)) for level in range(9)
)
CHAIN = b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (level + 1, level + 1, level) for level in range(200))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BOMB, "aliases written out"),
        (CHAIN, "levels"),
        (b"a: &a [*a]", "a part of"),
        (b"[" * 100_000, "levels"),
        (b"a: [1,\nb: 2", "no YAML from here on"),
        (b"a: \xff", "UTF-8"),
        (b"a: \x00", "no YAML"),
    ],
)
def test_a_file_that_could_harm_or_cannot_be_read_is_refused_with_its_line(data, words):
    with pytest.raises(UnreadableFile) as refusal:
        read_documents(data, "a.yaml")
    assert words in str(refusal.value)
    assert "a.yaml" in str(refusal.value)


def test_a_file_of_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(yaml_files, "MOST_DOCUMENTS", 2)
    with pytest.raises(UnreadableFile, match="more than 2 documents"):
        read_documents(b"a: 1\n---\nb: 1\n---\nc: 1\n", "a.yaml")
    monkeypatch.setattr(yaml_files, "MOST_BYTES", 3)
    with pytest.raises(UnreadableFile, match="at most 3"):
        read_documents(b"a: 1", "a.yaml")


def test_a_document_that_makes_objects_or_says_a_thing_twice_is_left_out_and_the_others_are_read():
    data = b'a: !!python/object/apply:os.system [x]\n---\nb: 1\nb: 2\n---\nc: 1\n---\nd: "\\0"\n'
    documents, findings = read_documents(data, "a.yaml")
    assert [one.content for one in documents] == [{"c": "1"}]
    assert [(one.place.document, one.place.line) for one in findings] == [(1, 1), (2, 4), (4, 8)]
    assert "lines 3 and 4" in findings[1].message
