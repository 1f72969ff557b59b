"""Arrays as bytes and back: a small header that names them, then their raw buffers. Nothing in it can be executed.

Whole numbers are kept in the narrowest type that holds them: a month's links are most of what a roll-up writes.
"""

import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
EIGHT = 8  # buffers begin on multiples of it, so that arrays can be read where they lie


class Unreadable(ValueError):
    """The bytes are not what `pack` makes."""


def pack(arrays: Mapping[str, NDArray]) -> bytes:
    """Return arrays of numbers as bytes that `unpack` reads on any machine."""
    named, buffers = [], []
    for name, array in arrays.items():
        kept = np.ascontiguousarray(_narrowed(array))
        kept = kept.astype(kept.dtype.newbyteorder("<"), copy=False)
        named.append([name, kept.dtype.str, array.dtype.str, list(kept.shape)])
        buffers.append(kept.tobytes())
    header = json.dumps({"format": FORMAT, "arrays": named}, separators=(",", ":")).encode()
    parts = [len(header).to_bytes(EIGHT, "little"), header, _padding(len(header))]
    for buffer in buffers:
        parts += [buffer, _padding(len(buffer))]
    return b"".join(parts)


def unpack(data: bytes | memoryview) -> dict[str, NDArray]:
    """Return the arrays by name, in the types they had; they cannot be written to."""
    view = memoryview(data)
    length = int.from_bytes(view[:EIGHT], "little")
    try:
        header = json.loads(bytes(view[EIGHT : EIGHT + length]))
        form = header["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{len(view)} bytes have no header of packed arrays. Roll up the month anew.") from error
    if form != FORMAT:
        raise Unreadable(f"Packed in format {form}, but {FORMAT} is needed. Roll up the month anew.")
    at = EIGHT + length + len(_padding(length))
    arrays = {}
    for name, kept, given, shape in header["arrays"]:
        count = int(np.prod(shape))
        size = count * np.dtype(kept).itemsize
        array = np.frombuffer(view, kept, count=count, offset=at).reshape(shape).astype(given)
        array.flags.writeable = False
        arrays[name] = array
        at += size + len(_padding(size))
    return arrays


def _narrowed(array: NDArray) -> NDArray:
    if array.dtype.kind != "i" or not array.size:
        return array
    low, high = int(array.min()), int(array.max())
    for narrow in (np.int8, np.int16, np.int32):
        if np.iinfo(narrow).min <= low and high <= np.iinfo(narrow).max:
            return array.astype(narrow)
    return array


def _padding(length: int) -> bytes:
    return b"\0" * (-length % EIGHT)
