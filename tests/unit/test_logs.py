from __future__ import annotations

import io
import json
import threading

import pytest
import structlog

from dvc_sync_s3.logs import BufferedLines, configure_logs


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
    class Stream(io.StringIO):
        written = threading.Event()

        def flush(self) -> None:
            self.written.set()

    stream = Stream()
    BufferedLines(stream).msg(json.dumps({"event": "request"}))
    assert stream.written.wait(10)
    assert stream.getvalue() == '{"event": "request"}\n'


@pytest.mark.parametrize("key", ["out/1", "out/\u00fc", "out/\ud800", 2**70])
def test_a_line_is_ascii_json_with_its_level_time_and_trouble(monkeypatch: pytest.MonkeyPatch, key: object) -> None:
    class Stream(io.StringIO):
        written = threading.Event()

        def flush(self) -> None:
            self.written.set()

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
