"""End-of-support dates are read from the CSV and from both forms of the API."""

from datetime import date
from pathlib import Path

import pytest

from portfolio.intake.catalogues.endoflife import read_cycles

REAL = Path(__file__).parents[3] / "shared" / "data" / "endoflife" / "releases.csv"
CSV = "product,title,releaseCycle,eol\npython,Python,3.8,2024-10-07\npython,Python,3.13,False\npython,Python,2.6,True\n"
V0 = '[{"cycle": "3.8", "eol": "2024-10-07"}, {"cycle": "3.13", "eol": false}, {"cycle": "2.6", "eol": true}]'
RELEASES = (
    '{"name": "python", "releases": [{"name": "3.8", "isEol": true, "eolFrom": "2024-10-07"}, '
    '{"name": "3.13", "isEol": false, "eolFrom": null}, {"name": "2.6", "isEol": true, "eolFrom": null}]}'
)
V1 = f'{{"schema_version": "1.2.0", "result": {RELEASES}}}'
FULL = f'{{"schema_version": "1.2.0", "result": [{RELEASES}]}}'


def read(text: str, name: str = "python.json", **options):
    return read_cycles([(name, text.encode())], **options)


@pytest.mark.parametrize("text", [CSV, V0, V1, FULL])
def test_a_cycle_ends_on_a_day_or_has_ended_or_has_no_end_that_is_known(text):
    found = read(text)
    assert not found.findings
    assert [(one.product, one.cycle, one.ends, one.is_ended) for one in found.cycles] == [
        ("python", "3.8", date(2024, 10, 7), False),
        ("python", "3.13", None, False),
        ("python", "2.6", None, True),
    ]


@pytest.mark.parametrize("name", ['"\\u0000"', '"\\ud800"', "7", '""', "null"])
def test_a_name_that_is_no_text_is_refused(name):
    found = read(f'[{{"cycle": {name}, "eol": false}}]')
    assert [one.topic for one in found.findings] == ["Shape"]


def test_a_list_without_a_product_is_of_the_one_that_is_named():
    assert {one.product for one in read(V0, product="cpython").cycles} == {"cpython"}


def test_every_bad_row_is_told_with_its_line_and_the_others_are_read():
    text = CSV + "python,P,3.8,2025-01-01\npython,P,3.9,soon\npython,P\n,P,3.7,True\npython,Python,3.8,2024-10-07\n"
    found = read(text)
    assert [(one.place.line, one.topic) for one in found.findings] == [
        (5, "Duplicate cycle"), (6, "Date"), (7, "Shape"), (8, "Shape"),
    ]  # fmt: skip
    assert len(found.cycles) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("product,eol\na,b\n", "no column releaseCycle"),
        ("product,releaseCycle,eol\n", "nothing to load"),
        ("[{", "no JSON from here on"),
        ("[" * 100_000, "no JSON|too deep"),
        ('{"a": 1}', "products/full"),
        ('{"result": [{"name": "python"}]}', "short list"),
    ],
)
def test_a_file_of_something_else_is_refused_with_what_is_needed(text, words):
    (finding,) = read(text).findings
    assert any(word in finding.message for word in words.split("|"))


@pytest.mark.real_data
def test_all_that_is_published_is_read():
    found = read_cycles([(REAL.name, REAL.read_bytes())])
    assert not found.findings
    assert (len(found.cycles), sum(one.is_ended for one in found.cycles)) == (8_351, 479)
