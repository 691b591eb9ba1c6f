"""How long a remote may be silent."""

from __future__ import annotations

import threading

import pytest

from dvc_sync_s3.dvc.answering import Answering
from dvc_sync_s3.errors import Transient


def fail() -> None:
    raise TimeoutError("of the library")


def test_an_answer_and_an_error_come_as_they_are() -> None:
    answering = Answering()
    assert answering.of("team", lambda: 5) == 5
    with pytest.raises(TimeoutError, match="of the library"):
        answering.of("team", fail)


def test_silence_is_told_soon_and_a_slow_remote_gets_more_time_afterwards() -> None:
    answering, speaks = Answering(first_s=0.05, later_s=20), threading.Event()
    with pytest.raises(Transient, match="the remote team has not answered") as caught:
        answering.of("team", speaks.wait)
    assert caught.value.hint
    threading.Timer(0.2, speaks.set).start()
    assert answering.of("team", speaks.wait)
