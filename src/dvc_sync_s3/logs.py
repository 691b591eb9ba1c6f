"""The log: one line an event, as JSON for machines or in colour for a person at a terminal."""

from __future__ import annotations

import atexit
import itertools
import json
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TextIO

import msgspec
import orjson
import structlog
from msgspec import Struct
from msgspec.structs import asdict

log = structlog.get_logger("s3")

_PAUSE_S = 0.1
_REQUESTS = msgspec.json.Encoder()
_FORMAT = orjson.OPT_UTC_Z | orjson.OPT_PASSTHROUGH_DATACLASS


class Answered(Struct, frozen=True, gc=False):
    """A request that was answered: its line in the log."""

    operation: str
    bucket: str | None
    key: str | None
    status: int
    code: str | None
    """S3's, of an error."""
    received: int
    sent: int
    duration_ms: float
    request_id: str
    level: str
    timestamp: datetime
    event: str = "request"


Tell = Callable[[Answered, Exception | None], None]
"""What takes an answered request, and what went wrong that isn't the client's doing."""


def level_of(status: int, trouble: Exception | None) -> str:
    """Return how much an answer matters; that something isn't implemented is no trouble."""
    return "error" if trouble is not None or (status >= 500 and status != 501) else "info"


def tell(answered: Answered, trouble: Exception | None) -> None:
    """Log a request as every other event."""
    fields = asdict(answered)
    for name in ("event", "level", "timestamp"):  # structlog adds its own
        del fields[name]
    write = log.error if answered.level == "error" else log.info
    write("request", exc_info=trouble, **fields)


class BufferedLines:
    """Write lines to `stream`, those of a tenth of a second at once, on a thread of its own; `flush` writes the rest.

    A system call for each line would let go of the interpreter's lock in the middle of every request: getting it
    back costs more than the line. And many lines made one after the other cost less than one here and one there.
    A killed process loses the lines of its last tenth of a second, never an acknowledged write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: deque[str | Answered] = deque()
        self._is_awake = False
        self._wake = threading.Event()
        self._writing = threading.Lock()
        threading.Thread(target=self._run, name="log-writer", daemon=True).start()
        atexit.register(self.flush)

    def msg(self, line: str | Answered) -> None:
        """Add a line, or what is to be one; cheap and never waits."""
        self._lines.append(line)
        if not self._is_awake:
            self._is_awake = True
            self._wake.set()

    log = debug = info = warn = warning = error = critical = exception = fatal = msg

    def flush(self) -> None:
        """Wait until every line so far is written."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                runs = itertools.groupby(lines, lambda line: isinstance(line, Answered))
                self._stream.write("".join([_text_of(list(run)) for _, run in runs]))
                self._stream.flush()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(_PAUSE_S)
            self._wake.clear()
            self._is_awake = False  # whoever adds a line from now on wakes us again
            self.flush()


def _render(logger: object, level: str, event: structlog.typing.EventDict) -> str:
    """Do in one step what structlog's processors do one after the other."""
    event["level"] = level
    event["timestamp"] = datetime.now(UTC)
    if event.get("exc_info") is not None:
        event = structlog.processors.format_exc_info(logger, level, event)
    event.pop("exc_info", None)
    return _as_json(event)


def _as_json(fields: Mapping[str, object]) -> str:
    """Return a line, ASCII: the stream may be able to write nothing else."""
    try:
        line = orjson.dumps(fields, str, _FORMAT)
    except TypeError:  # a lone surrogate, a number too large
        line = b"\xff"
    return line.decode() if line.isascii() else json.dumps(fields, default=_text, separators=(",", ":"))


def _text_of(lines: Sequence[str | Answered]) -> str:
    """Return lines of one kind, each with its end; those of requests become JSON all at once."""
    try:
        text = b"" if isinstance(lines[0], str) else _REQUESTS.encode_lines(lines)
    except UnicodeEncodeError:  # a lone surrogate
        text = b""
    if text and text.isascii():
        return text.decode()
    return "".join([f"{line if isinstance(line, str) else _as_json(asdict(line))}\n" for line in lines])


def _text(value: object) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def configure_logs() -> Tell:
    """Send every event to standard error and silence uvicorn's own access log; return what logs requests.

    Ours has the operation and no query: a presigned URL's query is a key to the object.
    """
    logging.getLogger("uvicorn.access").disabled = True
    processors: list[structlog.typing.Processor] = [_render]
    if is_for_a_person := sys.stderr.isatty():
        stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
        # Its own choice, rich, shows local variables: what objects say, and secrets.
        console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        processors = [structlog.processors.add_log_level, stamp, console]
    lines = BufferedLines(sys.stderr)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )

    def tell_cheaply(answered: Answered, trouble: Exception | None) -> None:
        """Leave the line to the thread that writes: structlog's way there costs a tenth of what answering does."""
        if trouble is None:
            lines.msg(answered)
        else:
            tell(answered, trouble)

    return tell if is_for_a_person else tell_cheaply
