"""What a test reads from a file that a list was exported as."""

import csv
import io
from collections.abc import Iterator

from django.http.response import HttpResponseBase


def content(response: HttpResponseBase) -> bytes:
    """Return all bytes of a response, streamed or not."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def lines(response: HttpResponseBase) -> list[dict[str, str]]:
    """Return the rows of a CSV file by column."""
    assert response.status_code == 200, response.status_code
    assert response.headers["Content-Type"].startswith("text/csv"), response.headers
    return list(csv.DictReader(io.StringIO(content(response).decode(), newline="")))


def columns(response: HttpResponseBase, *names: str) -> Iterator[tuple[str, ...]]:
    """Yield some cells of each row of a CSV file."""
    for line in lines(response):
        yield tuple(line[name] for name in names)
