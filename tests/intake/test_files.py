"""Reading a file: encoding, separator, columns, rows."""

import pytest

from portfolio.intake.errors import Unreadable
from portfolio.intake.files import read_csv, template_rows
from portfolio.intake.kinds import KINDS

TEAMS, METRICS, OBSERVATIONS = KINDS["teams"], KINDS["metrics"], KINDS["observations"]


def refusal(data: bytes, kind=TEAMS) -> list:
    with pytest.raises(Unreadable) as raised:
        read_csv(data, kind)
    return raised.value.problems


def test_a_row_has_the_number_that_a_spreadsheet_shows():
    table = read_csv(b'code,name\n\na,"One\nTwo"\n,\nb,Three\n', TEAMS)
    assert [(row.number, dict(row)) for row in table.rows] == [
        (3, {"code": "a", "name": "One\nTwo"}),
        (5, {"code": "b", "name": "Three"}),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_are_told_apart_by_the_header(separator):
    text = f"code{separator}name{separator}purpose\na{separator}One{separator}x\n"
    assert dict(read_csv(text.encode(), TEAMS).rows[0]) == {"code": "a", "name": "One", "purpose": "x"}


def test_a_byte_order_mark_is_no_part_of_the_first_column():
    assert read_csv("code,name\na,Zoë\n".encode("utf-8-sig"), TEAMS).rows[0]["name"] == "Zoë"


def test_columns_may_be_written_as_people_write_them():
    assert read_csv(b"Code, Name \na,One\n", TEAMS).columns == ["code", "name"]


def test_another_encoding_is_refused_with_the_remedy():
    (problem,) = refusal("code,name\na,Zoë\n".encode("cp1252"))
    assert problem.row == 2
    assert "CSV UTF-8" in problem.message
    assert "UTF-16" in refusal("code,name\n".encode("utf-16"))[0].message
    assert "spreadsheet" in refusal(b"PK\x03\x04rest")[0].message


def test_a_nul_byte_is_refused_with_its_row():
    assert refusal(b"code,name\na,\x00\n")[0].row == 2


def test_an_empty_file_and_a_lone_header_are_refused():
    assert "empty" in refusal(b"  \n")[0].message
    assert "no rows under it" in refusal(b"code,name\n")[0].message


def test_a_file_without_separators_is_told_what_it_needs():
    assert "code,name,purpose" in refusal(b"hello\nworld\n")[0].message


def test_every_column_that_does_not_fit_is_explained():
    problems = refusal(b"code,naem,code,\na,b,c,d\n")
    assert [(problem.row, problem.column) for problem in problems] == [
        (1, "code"),
        (1, "naem"),
        (1, ""),
        (1, "name"),
    ]
    said = " ".join(problem.message for problem in problems)
    assert "stands 2 times" in said
    assert "Did you mean name?" in said
    assert "Column 4 has no name" in said
    assert "The column name is missing" in said


def test_a_key_column_is_needed_even_where_its_cells_may_be_empty():
    problems = refusal(b"supplier,month,quantity\na,2017-01,1\n", KINDS["usage"])
    assert [problem.column for problem in problems] == ["consumer"]


def test_a_row_of_the_wrong_length_is_explained_and_the_others_are_read():
    table = read_csv(b"code,name,purpose\na,One\nb,Two,x,y\nc,Three,z\n", TEAMS)
    assert [row["code"] for row in table.rows] == ["c"]
    assert [problem.row for problem in table.problems] == [2, 3]
    assert "ends after 2 of 3" in table.problems[0].message
    assert "quotation marks" in table.problems[1].message


def test_a_quotation_mark_that_is_never_closed_is_found():
    (problem,) = refusal(b'code,name\na,"One\nb,Two\n')
    assert "quotation mark" in problem.message


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_kind_has_a_template_whose_example_can_be_read(kind):
    header, example = template_rows(kind)
    for name, cell in zip(header, example, strict=True):
        column = kind.by_name[name]
        assert cell or not column.is_needed, f"{name} is needed"
        if cell and not column.refers_to:
            column.read(cell)


def test_a_header_of_very_many_columns_is_refused_in_one_message():
    with pytest.raises(Unreadable) as refusal:
        read_csv(",".join(f"c{number}" for number in range(100_000)).encode(), KINDS["teams"])
    assert [problem.message[:34] for problem in refusal.value.problems] == ["The header has 100,000 columns, wh"]


@pytest.mark.parametrize("text", ["\n" * 300_000 + "code,name\na,A\n", "code,name\n" + ",\n" * 300_000 + "a,A\n"])
def test_very_many_empty_rows_are_not_read_to_their_end(text):
    with pytest.raises(Unreadable, match="More than 100,000 rows up to here are empty"):
        read_csv(text.encode(), KINDS["teams"])
