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
from typing import TextIO

import orjson
import structlog

_PAUSE_S = 0.02
_encode = json.JSONEncoder(default=str, separators=(",", ":")).encode


class BufferedLines:
    """Write lines to `stream`, those of 20 ms at once, on a thread of its own; `flush` writes the rest.

    A system call for each line would let go of the interpreter's lock in the middle of every request: getting it
    back costs more than the line. A killed process loses the lines of its last 20 ms, never an acknowledged write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: deque[str] = deque()
        self._wake = threading.Event()
        self._writing = threading.Lock()
        threading.Thread(target=self._run, name="log-writer", daemon=True).start()
        atexit.register(self.flush)

    def msg(self, line: str) -> None:
        """Add a line; cheap and never waits."""
        self._lines.append(line)
        if not self._wake.is_set():
            self._wake.set()

    log = debug = info = warn = warning = error = critical = exception = fatal = msg

    def flush(self) -> None:
        """Wait until every line so far is written."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                self._stream.write("\n".join([*lines, ""]))
                self._stream.flush()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(_PAUSE_S)
            self._wake.clear()
            self.flush()


def _as_json(logger: object, level: str, event: structlog.typing.EventDict) -> str:
    """Do in one step what structlog's processors do one after the other: every request has a line."""
    event["level"] = level
    event["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, level, event)
    with contextlib.suppress(TypeError):  # a lone surrogate, a number too large
        line = orjson.dumps(event, str, orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS)
        if line.isascii():  # the stream may be able to write nothing else
            return line.decode()
    return _encode(event)


def configure_logs() -> None:
    """Send every event to standard error; silence uvicorn's own access log.

    Ours has the operation and no query: a presigned URL's query is a key to the object.
    """
    logging.getLogger("uvicorn.access").disabled = True
    processors: list[structlog.typing.Processor] = [_as_json]
    if sys.stderr.isatty():
        time = structlog.processors.TimeStamper(fmt="iso", utc=True)
        processors = [structlog.processors.add_log_level, time, structlog.dev.ConsoleRenderer()]
    lines = BufferedLines(sys.stderr)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
