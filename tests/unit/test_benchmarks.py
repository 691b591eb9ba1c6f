"""What the benchmarks read of the service's own words."""

from __future__ import annotations

import io

import pytest
import structlog

from dvc_sync_s3 import logs
from rig.syncing import Cycle, cycles


def test_the_benchmarks_find_the_cycles_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure_logs()
    log = structlog.get_logger("sync")
    log.info("sync", seq=1, commit="435e248", subject="annotations: 1 added", duration_ms=659)
    log.info("sync", seq=1, commit=None, subject=None, duration_ms=12)
    log.info("request", operation="PutObject", key="sync", status=200)
    structlog.get_config()["logger_factory"]().flush()
    structlog.reset_defaults()
    assert cycles("INFO:     Application startup complete.\n" + stream.getvalue()) == [Cycle(1, 659.0)]
