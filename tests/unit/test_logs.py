from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime

import pytest
import structlog

from dvc_sync_s3.logs import Answered, BufferedLines, configure_logs, level_of


def say(lines: BufferedLines) -> None:
    for _ in range(1_000):
        lines.msg("line")


def test_every_line_of_every_thread_is_written_once() -> None:
    stream = io.StringIO()
    lines = BufferedLines(stream)
    threads = [threading.Thread(target=say, args=(lines,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines.flush()
    assert stream.getvalue() == "line\n" * 4_000


def test_lines_are_written_without_being_asked() -> None:
    stream = Stream()
    BufferedLines(stream).msg(json.dumps({"event": "request"}))
    assert stream.written.wait(10)
    assert stream.getvalue() == '{"event": "request"}\n'


class Stream(io.StringIO):
    """Know when it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def flush(self) -> None:
        self.written.set()


@pytest.mark.parametrize("key", ["out/1", "out/\u00fc", "out/\ud800", 2**70])
def test_a_line_is_ascii_json_with_its_level_time_and_trouble(monkeypatch: pytest.MonkeyPatch, key: object) -> None:
    stream = Stream()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logs()
    try:
        structlog.get_logger().error("request", key=key, exc_info=ValueError("it broke"))
    finally:
        structlog.reset_defaults()
    assert stream.written.wait(10)
    text = stream.getvalue()
    line = json.loads(text)
    assert text.isascii()
    assert (line["event"], line["level"], line["key"]) == ("request", "error", key)
    assert line["timestamp"].endswith("Z")
    assert "it broke" in line["exception"]


def test_lines_of_requests_and_others_stay_in_their_order_and_are_ascii() -> None:
    stream = io.StringIO()
    lines = BufferedLines(stream)
    at = datetime(2013, 5, 24, 1, 2, 3, 0, UTC)
    keys = ["out/1", "out/2", None, "out/\u00fc", "out/3", None, "out/\ud800", "out/4"]
    for key in keys:
        request = Answered("GetObject", "annotations", key, 200, None, 0, 4, 1.0, "F6C2", "info", at)
        lines.msg('{"key":null}' if key is None else request)
    lines.flush()
    assert stream.getvalue().isascii()
    assert [json.loads(line)["key"] for line in stream.getvalue().splitlines()] == keys


@pytest.mark.parametrize(
    ("status", "trouble", "level"),
    [
        (200, None, "info"),
        (404, None, "info"),
        (501, None, "info"),
        (503, None, "error"),
        (500, OSError("full"), "error"),
    ],
)
def test_a_request_is_a_line_with_all_that_is_known_of_it(
    monkeypatch: pytest.MonkeyPatch, status: int, trouble: Exception | None, level: str
) -> None:
    stream = Stream()
    monkeypatch.setattr("sys.stderr", stream)
    tell = configure_logs()
    at = datetime(2013, 5, 24, 1, 2, 3, 400_000, UTC)
    try:
        line_level = level_of(status, trouble)
        tell(Answered("PutObject", "annotations", "318", status, None, 4, 0, 1.23, "F6C2", line_level, at), trouble)
    finally:
        structlog.reset_defaults()
    assert stream.written.wait(10)
    line = json.loads(stream.getvalue())
    assert ("full" in line.pop("exception", "")) is (trouble is not None)
    assert line.pop("timestamp").startswith("2013-05-24T01:02:03.4") is (trouble is None)
    assert line == {
        "operation": "PutObject",
        "bucket": "annotations",
        "key": "318",
        "status": status,
        "code": None,
        "received": 4,
        "sent": 0,
        "duration_ms": 1.23,
        "request_id": "F6C2",
        "event": "request",
        "level": level,
    }


def test_a_traceback_at_a_terminal_shows_no_local_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", stream)
    configure_logs()
    said = "what an object says, " * 2
    try:
        raise ValueError(len(said))
    except ValueError as error:
        structlog.get_logger().error("object set aside", exc_info=error)
    finally:
        structlog.reset_defaults()
    assert stream.written.wait(10)
    assert "ValueError: 42" in stream.getvalue()
    assert said not in stream.getvalue()
