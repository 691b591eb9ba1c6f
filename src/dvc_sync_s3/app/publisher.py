"""The publisher, in a process of its own: plain files cost more than the PUT they follow."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.logs import configure_logs
from dvc_sync_s3.process import step_back
from dvc_sync_s3.store.publishing import publishing

_MOST_BYTES = 64 * 1024
_PAUSE_S = 0.05


def publisher_command(folder: Path, upload_expiry: timedelta | None) -> tuple[str, ...]:
    """Return the command that publishes what is committed in `folder`."""
    days = () if upload_expiry is None else (str(upload_expiry.days),)
    return (sys.executable, "-m", "dvc_sync_s3", "publish", str(folder.absolute()), *days)


def run_publisher(folder: Path, upload_expiry: timedelta | None) -> None:
    """Publish until standard input ends; each byte of it says that something was committed."""
    configure_logs()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches us too; the server ends us in its own time
    step_back()
    with publishing(folder, SystemClock(), upload_expiry) as publisher:
        while os.read(sys.stdin.fileno(), _MOST_BYTES):
            publisher.wake()
            time.sleep(_PAUSE_S)  # the bytes of a burst are read at once
