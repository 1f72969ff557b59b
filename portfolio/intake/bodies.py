"""The body of a call, kept beside memory: read once from the connection, then as often as needed from a file."""

import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from django.http import HttpRequest, UnreadablePostError
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from portfolio.common.parsers import TooLarge
from portfolio.intake.streams import BLOCK

MOST_SENT = 64 * 1024**2  #: bytes as they are sent
MOST_PLAIN = 128 * 1024**2  #: bytes as they are read, compressed or not
IN_MEMORY = 2 * 1024**2  #: bytes of a body that do not need a file
ENCODINGS = ("identity", "gzip")


class Body:
    """The whole body of a call, with its hash; `plain` reads it uncompressed, from its beginning."""

    def __init__(self, file: BinaryIO, digest: str, encoding: str):
        self.file, self.digest, self.encoding = file, digest, encoding

    def plain(self) -> BinaryIO:
        """Return the body as it was before it was compressed. Reading it raises TooLarge, or ParseError."""
        self.file.seek(0)
        return Bounded(self.file if self.encoding == "identity" else Unzipped(self.file))  # type: ignore[return-value]


@contextmanager
def body_of(request: HttpRequest) -> Iterator[Body]:
    """Yield the body of a request, all of which has come: a connection that broke off before that is refused.

    Only then is it looked at, so that a slow caller holds no transaction open.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if encoding not in ENCODINGS:
        raise UnsupportedMediaType(
            encoding, f"The body is encoded as {encoding[:40]!r}; send it as it is, or with Content-Encoding: gzip."
        )
    digest, length = hashlib.sha256(), 0
    with SpooledTemporaryFile(IN_MEMORY) as file:
        while block := _read(request):
            length += len(block)
            if length > MOST_SENT:
                raise TooLarge(f"The body has more than {MOST_SENT:,} bytes, the most of one call. Send it in parts.")
            digest.update(block)
            file.write(block)
        promised = request.META.get("CONTENT_LENGTH") or ""
        if promised.isdigit() and int(promised) != length:
            raise ParseError(f"The body has {length:,} of {int(promised):,} bytes: it broke off. Send it again.")
        yield Body(file, digest.hexdigest(), encoding)  # type: ignore[arg-type]


def _read(request: HttpRequest) -> bytes:
    try:
        return request.read(BLOCK)
    except UnreadablePostError as error:
        raise ParseError("The body broke off. Send it again.") from error


class Bounded(io.RawIOBase):
    """No more bytes of a source than are read in one call."""

    def __init__(self, source):
        self.source, self.left = source, MOST_PLAIN

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes."""
        block = self.source.read(size if size > 0 else BLOCK)
        self.left -= len(block)
        if self.left < 0:
            raise TooLarge(f"The body has more than {MOST_PLAIN:,} bytes unpacked, the most of one call. Send less.")
        return block


class Unzipped:
    """What a gzip file has inside, a block at a time however much a block of it comes to."""

    def __init__(self, source: BinaryIO):
        self.source, self.waiting = source, b""
        self.member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.is_begun = False

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, none at the end. Raises ParseError where it is no gzip, or breaks off."""
        while True:
            if not self.waiting:
                self.waiting = self.source.read(BLOCK)
            is_over = not self.waiting
            if self.member.eof:
                if is_over:
                    return b""
                self.member = zlib.decompressobj(zlib.MAX_WBITS | 16)  # another file may follow: gzip allows it
            if is_over and not self.member.unconsumed_tail:
                raise ParseError("The body ends before its gzip does: it broke off. Send it again.")
            try:
                block = self.member.decompress(self.waiting, size)
            except zlib.error as error:
                raise ParseError(f"The body is not gzip, though its Content-Encoding says so: {error}.") from error
            self.waiting = self.member.unused_data if self.member.eof else self.member.unconsumed_tail
            if block:
                return block
