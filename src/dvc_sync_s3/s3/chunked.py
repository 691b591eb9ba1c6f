"""The `aws-chunked` coding: data in chunks with their sizes, maybe signatures, maybe a trailer.

    chunk   = hex-size [";chunk-signature=" hex] CRLF data CRLF
    body    = *chunk "0" [";chunk-signature=" hex] CRLF *(name ":" value CRLF) CRLF

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.sigv4.chunks import ChunkSignatures

_MAX_LINE = 8 * 1024
_MAX_TRAILERS = 20
_SIGNATURE = b"chunk-signature="
_TRAILER_SIGNATURE = "x-amz-trailer-signature"


class ChunkedReader:
    """Decode a body as it arrives; `trailers` is complete once iteration has ended."""

    def __init__(self, source: AsyncIterator[bytes], signatures: ChunkSignatures | None) -> None:
        self._source = source
        self._signatures = signatures
        self._buffer = bytearray()
        self.trailers: dict[str, str] = {}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the data; raise `IncompleteBody` and its like where the coding is broken."""
        while True:
            size, claimed = _parse_chunk_line(await self._line())
            digest = hashlib.sha256()
            async for data in self._take(size):
                if self._signatures is not None:
                    digest.update(data)
                yield data
            if self._signatures is not None:
                self._signatures.check_chunk(digest.hexdigest(), claimed)
            if size == 0:
                break
            if await self._line():
                raise S3Error("IncompleteBody", "A chunk is longer than its size says.")
        await self._read_trailers()

    async def _take(self, size: int) -> AsyncIterator[bytes]:
        while size:
            if not self._buffer:
                await self._need_more()
            data = bytes(self._buffer[:size])
            del self._buffer[: len(data)]
            size -= len(data)
            yield data

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _MAX_LINE:
                raise S3Error("InvalidChunkSizeError", "The size line of a chunk is too long.")
            await self._need_more()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    async def _need_more(self) -> None:
        if not await self._has_more():
            raise S3Error("IncompleteBody")

    async def _has_more(self) -> bool:
        """Wait for the next bytes and tell whether there are any."""
        async for data in self._source:
            self._buffer += data
            return True
        return False

    async def _read_trailers(self) -> None:
        signed_lines = b""
        claimed = None
        while line := await self._line_or_end():
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or len(self.trailers) >= _MAX_TRAILERS:
                raise S3Error("MalformedTrailerError")
            name, value = name.strip().lower(), value.strip()
            if name == _TRAILER_SIGNATURE:
                claimed = value
                continue
            self.trailers[name] = value
            signed_lines += f"{name}:{value}\n".encode("latin-1")
        # What comes behind is no part of the body: it changes nothing of its answer, and the connection ends with it.
        if not self._buffer:
            await self._has_more()
        if self._signatures is not None and signed_lines:
            self._signatures.check_trailer(signed_lines, claimed)

    async def _line_or_end(self) -> bytes:
        """Return the next line, or nothing at the end: some clients leave out the last CRLF."""
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > _MAX_LINE:
                raise S3Error("MalformedTrailerError")
            if not await self._has_more():
                rest = bytes(self._buffer)
                self._buffer.clear()
                return rest
        return await self._line()


def _parse_chunk_line(line: bytes) -> tuple[int, str | None]:
    size, _, extension = line.partition(b";")
    size = size.strip()
    if not size or len(size) > 16 or size.strip(b"0123456789abcdefABCDEF"):
        raise S3Error("InvalidChunkSizeError", "The size of a chunk must be a hexadecimal number.")
    extension = extension.strip()
    claimed = extension.removeprefix(_SIGNATURE).decode("latin-1") if extension.startswith(_SIGNATURE) else None
    return int(size, 16), claimed
