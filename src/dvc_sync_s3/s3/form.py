"""A browser's form upload, taken apart while it arrives: fields, then the object, then nothing that counts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html and RFC 7578
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from dvc_sync_s3.s3.errors import S3Error

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MAX_FIELDS_BYTES = 20 * 1000
_OBJECT = "file"


@dataclass(frozen=True, slots=True)
class FormFields:
    """What a form says before its object: field names in lower case."""

    values: Mapping[str, str]
    filename: str


class FormReader:
    """Read one form: first `fields`, then `content` to its end."""

    def __init__(self, content_type: str, source: AsyncIterable[bytes]) -> None:
        """Take the body's `Content-Type`; raise `RequestIsNotMultiPartContent` or `MalformedPOSTRequest`."""
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data":
            raise S3Error("RequestIsNotMultiPartContent")
        self._source = aiter(source)
        self._parts = _Parts()
        try:
            self._parser = MultipartParser(options.get(b"boundary", b""), self._parts.callbacks())
        except FormParserError:
            raise S3Error("MalformedPOSTRequest") from None

    async def fields(self) -> FormFields:
        """Read up to the object; raise what is wrong with the form so far."""
        while self._parts.filename is None:
            await self._read_on()
            if self._parts.has_ended and self._parts.filename is None:
                raise S3Error("IncorrectNumberOfFilesInPostRequest")
        return FormFields(dict(self._parts.fields), self._parts.filename)

    async def content(self) -> AsyncIterator[bytes]:
        """Yield the object's bytes; raise `MalformedPOSTRequest` unless the form is whole."""
        while True:
            pieces, self._parts.content = self._parts.content, []
            for piece in pieces:
                yield piece
            if self._parts.has_ended:
                break
            await self._read_on()
        async for _ in self._source:
            pass  # what may follow a form (RFC 2046, section 5.1.1); read, so that the body's own checks are made

    async def _read_on(self) -> None:
        data = await anext(self._source, None)
        if data is None:
            raise S3Error("MalformedPOSTRequest")
        try:
            self._parser.write(data)
        except FormParserError:
            raise S3Error("MalformedPOSTRequest") from None


class _Parts:
    """What the parser has found so far."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self.content: list[bytes] = []
        self.has_ended = False
        self._size = 0
        self._header = bytearray()
        self._header_value = bytearray()
        self._disposition = ""
        self._name = ""
        self._value = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        """Return what the parser is to call."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_part_end": self._end,
            "on_end": self._end_form,
        }

    def _begin(self) -> None:
        self._disposition = ""
        self._value = bytearray()

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._header_value.decode("latin-1")
        self._header.clear()
        self._header_value.clear()

    def _end_headers(self) -> None:
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise S3Error("MalformedPOSTRequest")
        self._name = _text(options[b"name"]).lower()
        if self._name == _OBJECT:
            if self.filename is not None:
                raise S3Error("IncorrectNumberOfFilesInPostRequest")
            self.filename = _text(options.get(b"filename", b"")).replace("\\", "/").rpartition("/")[2]

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._name == _OBJECT:
            self.content.append(data[start:end])
        elif self.filename is None:
            self._value += data[start:end]
            self._count(end - start)

    def _end(self) -> None:
        if self.filename is None:
            value = _text(self._value)
            # As with headers, what comes more than once is joined: a policy sees all of it.
            self.fields[self._name] = f"{self.fields[self._name]},{value}" if self._name in self.fields else value
            self._count(len(self._name))

    def _end_form(self) -> None:
        self.has_ended = True

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > _MAX_FIELDS_BYTES:
            raise S3Error("MaxPostPreDataLengthExceeded")


def _text(data: bytes | bytearray) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise S3Error("MalformedPOSTRequest", "The form is not UTF-8.") from None
