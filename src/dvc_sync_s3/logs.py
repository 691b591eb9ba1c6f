"""The log: one line an event, as JSON for machines or in colour for a person at a terminal."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import NamedTuple, TextIO

import orjson
import structlog

_PAUSE_S = 0.1
_encode = json.JSONEncoder(default=str, separators=(",", ":")).encode


class BufferedLines:
    """Write lines to `stream`, those of a tenth of a second at once, on a thread of its own; `flush` writes the rest.

    A system call for each line would let go of the interpreter's lock in the middle of every request: getting it
    back costs more than the line. And many lines made one after the other cost less than one here and one there.
    A killed process loses the lines of its last tenth of a second, never an acknowledged write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: deque[str | Event] = deque()
        self._wake = threading.Event()
        self._writing = threading.Lock()
        threading.Thread(target=self._run, name="log-writer", daemon=True).start()
        atexit.register(self.flush)

    def msg(self, line: str | Event) -> None:
        """Add a line, or what is to be one; cheap and never waits."""
        self._lines.append(line)
        if not self._wake.is_set():
            self._wake.set()

    log = debug = info = warn = warning = error = critical = exception = fatal = msg

    def flush(self) -> None:
        """Wait until every line so far is written."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                self._stream.write(
                    "".join([f"{line if isinstance(line, str) else _as_json(line)}\n" for line in lines])
                )
                self._stream.flush()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(_PAUSE_S)
            self._wake.clear()
            self.flush()


class Event(NamedTuple):
    """What happened and when, in seconds since 1970."""

    fields: structlog.typing.EventDict
    at_s: float


def _as_event(logger: object, level: str, event: structlog.typing.EventDict) -> tuple[tuple[Event], dict[str, object]]:
    """Note an event; to write it down is left to the thread that writes."""
    event["level"] = level
    if event.get("exc_info") is not None:
        event = structlog.processors.format_exc_info(logger, level, event)  # now: later it may be another trouble
    return (Event(event, time.time()),), {}


def _as_json(event: Event) -> str:
    """Do in one step what structlog's processors do one after the other: every request has a line."""
    fields = {name: value for name, value in event.fields.items() if name != "exc_info"}
    fields["timestamp"] = datetime.fromtimestamp(event.at_s, UTC).isoformat().replace("+00:00", "Z")
    with contextlib.suppress(TypeError):  # a lone surrogate, a number too large
        line = orjson.dumps(fields, str, orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS)
        if line.isascii():  # the stream may be able to write nothing else
            return line.decode()
    return _encode(fields)


def configure_logs() -> None:
    """Send every event to standard error; silence uvicorn's own access log.

    Ours has the operation and no query: a presigned URL's query is a key to the object.
    """
    logging.getLogger("uvicorn.access").disabled = True
    processors: list[structlog.typing.Processor] = [_as_event]
    if sys.stderr.isatty():
        stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
        processors = [structlog.processors.add_log_level, stamp, structlog.dev.ConsoleRenderer()]
    lines = BufferedLines(sys.stderr)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
