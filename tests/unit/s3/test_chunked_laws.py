"""However the bytes of a body in chunks are cut on their way, the same comes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from dvc_sync_s3.s3.chunked import ChunkedReader
from dvc_sync_s3.s3.errors import S3Error

Outcome = tuple[bytes, dict[str, str]] | str
"""The data and the trailers, or the code of the refusal."""
CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=4)
CUTS = st.lists(st.integers(0, 200), max_size=8)
CODED = st.lists(
    st.sampled_from([b"\r\n", b"0", b"5", b"hello", b"\r", b"\n", b"x:y", b":", b";", b"chunk-signature=", b"-", b"A"]),
    max_size=20,
).map(b"".join)


def coded(chunks: Sequence[bytes], trailers: Sequence[str] = ()) -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return body + b"0\r\n" + "".join(f"{line}\r\n" for line in trailers).encode() + b"\r\n"


def cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(body), *(place for place in places if place < len(body))})
    return [body[first:last] for first, last in pairwise(edges)]


def read(pieces: Sequence[bytes]) -> Outcome:
    async def arriving() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def whole() -> Outcome:
        reader = ChunkedReader(arriving(), None)
        try:
            return b"".join([data async for data in reader]), reader.trailers
        except S3Error as error:
            return error.code

    return asyncio.run(whole())


@given(CHUNKS, CUTS)
def test_chunks_come_out_as_they_went_in(chunks: list[bytes], places: list[int]) -> None:
    body = coded(chunks, ["x-amz-checksum-crc32:NhCmhg=="])

    assert read(cut(body, places)) == (b"".join(chunks), {"x-amz-checksum-crc32": "NhCmhg=="})


@given(CODED, CUTS)
@example(b"5\r\nhello\r\n0\r\n\r", [12])
@example(b"0\r\n\r\n\r\n", [5])
def test_a_broken_coding_is_refused_the_same_wherever_it_is_cut(body: bytes, places: list[int]) -> None:
    assert read(cut(body, places)) == read([body] if body else [])


@given(CHUNKS, st.integers(0, 200))
def test_a_coding_cut_short_is_refused(chunks: list[bytes], end: int) -> None:
    body = coded(chunks)
    # The last line end may be missing: some clients leave it out.
    if end < len(body) - 2:
        assert read([body[:end]] if end else []) == "IncompleteBody"
