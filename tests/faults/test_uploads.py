"""Damaged files and bodies: each is refused in words, changes nothing, and takes no more than its share.

To the pages, the batch calls and the import command alike. What is damaged at random may still be right: then it is
taken, whole.
"""

import gzip
import io
import json
import re
import subprocess
import sys
import zipfile
import zlib
from random import Random

import psycopg
import pytest

from tests.faults.conftest import Stage, scaled
from tests.faults.servers import ROOT
from tests.faults.workload import Answer, Browser, Caller, entries_file

HEADER = "reference,product,starts,ends,amount,currency"
RIGHT = {
    "reference": "w1",
    "product": "p1",
    "starts": "2026-01-01",
    "ends": "2026-01-02",
    "amount": "12.50",
    "currency": "USD",
}
MEMORY = 400 * 1024**2  # bytes that a web process may come to hold in all
LARGE = 10 * 1024**2

#: By column, what a cell must not be.
WRONG = {
    "reference": ["", "\x00", "a\x00b", "x" * 81, "x" * LARGE],
    "product": ["", "P1 OR 1=1", "../../etc/passwd", "none", "p1\u200b", "null", "x" * LARGE],
    "starts": [
        "", "2026-02-30", "2026-13-01", "0000-01-01", "99999-01-01", "2026-1-1", "01/02/2026", "20260101", "null",
        "2026-01-01T00:00:00Z", "9999-12-31", "0001-01-01", "2026-W01-1", "٢٠٢٦-٠١-٠١", "NaT",
    ],
    "ends": ["", "2026-01-01", "2025-12-31", "2026-04-31", "inf"],
    "amount": [
        "", "NaN", "nan", "Infinity", "-inf", "1e400", "1E5", "0x10", "1_000", "1,000.00", "1.234,56", "--5", "null",
        "None", "NULL", "٣", "½", "1.001", "9" * 30, "9" * 100_000, "=1+1", "$5", "1 000", "true",
    ],
    "currency": ["XXQ", "usd\x00", "US", "dollars", "1"],
}  # fmt: skip


def line(**changes: str) -> str:
    cells = (str(value) for value in (RIGHT | changes).values())
    return ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)


def table(*lines: str, header: str = HEADER) -> bytes:
    return ("\n".join([header, *lines]) + "\n").encode()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    return file.getvalue()


def damaged_files() -> dict[str, bytes]:
    """Return CSV files by what is wrong with them."""
    right = table(line())
    files = {
        f"{column} is {value[:30]!r} of {len(value)}": table(line(**{column: value}))
        for column, values in WRONG.items()
        for value in values
    }
    return files | {
        "empty": b"",
        "blank": b" \n\n \t\n",
        "only a header": table(),
        "UTF-16": right.decode().encode("utf-16"),
        "UTF-16 without its mark": right.decode().encode("utf-16-le"),
        "UTF-32": right.decode().encode("utf-32"),
        "Windows-1252": table(line(reference="café")).replace("é".encode(), b"\xe9"),
        "Shift-JIS": table(line(reference="支出")).decode().encode("shift-jis"),
        "cut inside a character": table(line(reference="café"))[:-30] + b"\xc3",
        "a lone surrogate": table(line(reference="@@")).replace(b"@@", b"\xed\xa0\x80"),
        "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbf" + right,
        "all bytes": bytes(range(256)) * 100,
        "an open quote": table(line(reference='"w1')),
        "a quote in a cell": table(line(reference='w"1"x"')).replace(b'w"1', b'"w"1'),
        "short rows": table("w1,p1", line()),
        "long rows": table(line() + ",,,"),
        "separators that change": table(line().replace(",", ";")),
        "an unknown column": table(line() + ",1", header=HEADER + ",colour"),
        "a column twice": table(line() + ",1", header=HEADER + ",amount"),
        "a column without a name": table(line() + ",1", header=HEADER + ","),
        "ten thousand columns": table(line(), header=",".join(f"c{number}" for number in range(10_000))),
        "a column too few": table("w1,p1,2026-01-01,2026-01-02", header="reference,product,starts,ends"),
        "a key twice": table(line(), line(amount="1.00")),
        "one bad row in ten thousand": table(*(line(reference=f"w{n}") for n in range(10_000)), line(amount="?")),
        "a line of ten megabytes": b"x" * LARGE,
        "quotes of ten megabytes": b'"' * LARGE,
        "commas of ten megabytes": table("," * LARGE),
        "lines of ten megabytes": table("\n" * LARGE + "x"),
        "a spreadsheet that is a bomb": archive(),
        "compressed": gzip.compress(right),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(1000),
    }


def damaged_bodies() -> dict[str, tuple[str, bytes, dict[str, str]]]:
    """Return bodies of batch calls by what is wrong with them: their type, what they are, and more headers."""
    right = json.dumps([RIGHT]).encode()
    zipped = gzip.compress(right)
    gzipped = {"Content-Encoding": "gzip"}
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as file:
        file.write(b"[")
        for _ in range(1_000):
            file.write(b" " * 1024**2)
    values = [
        "NaN", "Infinity", "1e400", "-1e400", "null", "true", "[]", "{}", '[["12.50"]]', '{"a": 1}', "1" * 5_000,
        "1.001",
        '"\\ud800"', '"\\u0000"', "0.1e1000000000",
    ]  # fmt: skip
    bodies = {f"amount is {value[:20]}": json.dumps([RIGHT]).replace('"12.50"', value).encode() for value in values}
    bodies |= {
        "nothing": b"",
        "an object": json.dumps(RIGHT).encode(),
        "a number": b"1",
        "an empty array": b"[]",
        "an array of numbers": b"[1, 2, 3]",
        "an array of arrays": b"[[], [[]]]",
        "cut off": right[:-5],
        "more behind it": right + b"]",
        "deep": b"[" * 100_000,
        "deep objects": b'[{"a":' * 10_000,
        "deep and closed": b"[" * 50_000 + b"]" * 50_000,
        "not UTF-8": right.replace(b"w1", b"\xff\xfe"),
        "a field of ten megabytes": json.dumps([RIGHT | {"memo": "x" * LARGE}]).encode(),
        "a name of a megabyte": json.dumps([RIGHT | {"x" * 1024**2: 1}]).encode(),
        "an unknown field": json.dumps([RIGHT | {"colour": "red"}]).encode(),
        "a key twice": json.dumps([RIGHT, RIGHT]).encode(),
        "no keys": b"[{}]",
        "too many rows": json.dumps([{"reference": "w"}] * 100_001).encode(),
    }
    found = {name: ("application/json", body, {}) for name, body in bodies.items()}
    found |= {
        f"lines: {name}": ("application/x-ndjson", body, {}) for name, body in bodies.items() if name != "an object"
    }
    return found | {
        "lines of which one is wrong": ("application/x-ndjson", json.dumps(RIGHT).encode() + b"\n{\n", {}),
        "two halves of lines": ("application/x-ndjson", right[1:-20] + b"\n" + right[-20:-1], {}),
        "a bomb": ("application/json", bomb.getvalue(), gzipped),
        "gzip cut off": ("application/json", zipped[:-9], gzipped),
        "gzip with a wrong sum": ("application/json", zipped[:-8] + bytes(8), gzipped),
        "gzip in gzip": ("application/json", gzip.compress(zipped), gzipped),
        "no gzip": ("application/json", right, gzipped),
        "deflate": ("application/json", zlib.compress(right), {"Content-Encoding": "deflate"}),
        "gzip twice said": ("application/json", zipped, {"Content-Encoding": "gzip, gzip"}),
        "another type": ("application/xml", b"<rows/>", {}),
        "no type": ("", right, {}),
        "another charset": ("application/json; charset=utf-16", right.decode().encode("utf-16"), {}),
        "a key with a line break": ("application/json", b"[]", {"Idempotency-Key": "x" * 5_000}),
    }


def stored(site: Stage) -> tuple:
    """Return how many ledger entries there are, and how many of them stand."""
    with psycopg.connect(site.database, autocommit=True) as connection:
        return connection.execute("SELECT count(*), count(*) - count(retracted_at) FROM funding_ledgerentry").fetchone()


def complaint(answer: Answer | None, *, page: bool) -> str:
    """Return what is wrong with a refusal: empty where it is one, in words."""
    if answer is None:
        return "no answer"
    if page:
        is_refused = answer.status == 422 or (answer.status == 200 and 'name="shown"' not in answer.text)
        return "" if is_refused and re.search("(File|Row [0-9]+|problem)", answer.text) else f"{answer.status}"
    if not 400 <= answer.status < 500:
        return f"{answer.status} {answer.text[:300]}"
    problem = answer.body or {}
    return "" if problem.get("detail") and len(answer.text) < 2_000_000 else f"no words: {answer.text[:300]}"


def test_every_damaged_file_is_refused_by_the_page_in_words(site: Stage):
    browser = Browser(site.port, site.signed_in)
    wrong = {}
    before = stored(site)
    for name, data in damaged_files().items():
        answer = browser.upload("ledger-entries", data)
        if said := complaint(answer, page=True):
            wrong[name] = said
        elif stored(site) != before:
            wrong[name], before = "something was changed", stored(site)
    memory = site.started[0].peak_memory()
    print(f"{len(damaged_files())} files; the web process came to hold {memory / 1024**2:.0f} MB")
    assert not wrong, "\n".join(f"{name}: {said}" for name, said in wrong.items())
    assert memory < MEMORY


def test_every_damaged_body_is_refused_by_the_batch_call_in_words(site: Stage):
    caller = Caller(site.port, site.signed_in)
    wrong = {}
    before = stored(site)
    bodies = damaged_bodies()
    bodies |= {f"CSV: {name}": ("text/csv", data, {}) for name, data in damaged_files().items()}
    for name, (of, body, headers) in bodies.items():
        answer = caller.call("POST", "/api/v1/ledger-entries/batch/", body, headers={"Content-Type": of} | headers)
        if said := complaint(answer, page=False):
            wrong[name] = said
        elif stored(site) != before:
            wrong[name], before = "something was changed", stored(site)
    memory = site.started[0].peak_memory()
    print(f"{len(bodies)} bodies; the web process came to hold {memory / 1024**2:.0f} MB")
    assert not wrong, "\n".join(f"{name}: {said}" for name, said in wrong.items())
    assert memory < MEMORY


def test_every_damaged_file_is_refused_by_the_command_in_words(site: Stage, chance: Random):
    files = damaged_files()
    before = stored(site)
    for name in chance.sample(sorted(files), scaled(len(files), least=6)):
        file = site.folder / "entries.csv"
        file.write_bytes(files[name])
        done = subprocess.run(
            [sys.executable, "-m", "django", "import", "ledger-entries", str(file)],
            env=site.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 1, name
        assert "Traceback" not in done.stderr, f"{name}: {done.stderr[-2000:]}"
        assert "CommandError" in done.stderr, f"{name}: {done.stderr[-2000:]}"
        assert stored(site) == before, name


TOKENS = [b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"{", b"}", b"[", b"]", b":", b"\\u0000", b"\\", b"NaN", b"1e400"]
TOKENS += [b"null", b"2026-02-30", b"9" * 400, b"\xef\xbb\xbf", b"\xed\xa0\x80", b"-", b".", b"'", b";", b"\t", b"\x1a"]


def damage(data: bytes, chance: Random) -> bytes:
    """Return the data with a few things changed, put in, taken out, doubled or cut off."""
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(data) + 1)
        length = chance.choice([1, 1, 2, 10, 100])
        match chance.randrange(6):
            case 0:
                data = data[:place] + chance.randbytes(length) + data[place + length :]
            case 1:
                data = data[:place] + chance.choice(TOKENS) + data[place:]
            case 2:
                data = data[:place] + data[place + length :]
            case 3:
                data = data[:place] + data[place : place + length] * 2 + data[place + length :]
            case 4:
                data = data[:place] + chance.choice(TOKENS) + data[place + length :]
            case 5:
                data = data[: max(1, place)]
        data = data or b"x"
    return data


@pytest.mark.parametrize("of", ["text/csv", "application/json", "application/x-ndjson"])
def test_random_damage_is_refused_or_changes_nothing_that_it_does_not_say(site: Stage, chance: Random, of: str):
    """Where a damaged body is taken after all, it is taken as the answer says, row by row."""
    caller = Caller(site.port, site.signed_in)
    count = scaled(1_500, least=100)
    taken, wrong = 0, []
    before = stored(site)
    for number in range(count):
        text = entries_file(f"x{number}", 20, chance)
        if of != "text/csv":
            names, *rows = (row.split(",") for row in text.decode().splitlines())
            objects = [json.dumps(dict(zip(names, row, strict=True))) for row in rows]
            text = ("[" + ",".join(objects) + "]" if of == "application/json" else "\n".join(objects)).encode()
        body = damage(text, chance)
        headers = {"Content-Type": of}
        if chance.random() < 0.1:
            body = damage(gzip.compress(body), chance)
            headers["Content-Encoding"] = "gzip"
        answer = caller.call("POST", "/api/v1/ledger-entries/batch/", body, headers=headers)
        after = stored(site)
        if answer and answer.status == 200:
            taken += 1
            said = (before[0] + answer.body["added"] + answer.body["corrected"], before[1] + answer.body["added"])
            if after != said:
                wrong.append(f"{body!r}: {answer.text} was said, {before} became {after}")
        elif said := complaint(answer, page=False):
            wrong.append(f"{said}: {headers} {body!r}")
        elif after != before:
            wrong.append(f"{body!r}: refused, and yet {before} became {after}")
        before = after
    memory = site.started[0].peak_memory()
    print(f"{count} bodies, {taken} taken; the web process came to hold {memory / 1024**2:.0f} MB")
    assert not wrong, "\n\n".join(one[:1_500] for one in wrong[:5])
    assert memory < MEMORY
