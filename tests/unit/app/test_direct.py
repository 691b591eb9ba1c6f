"""Which requests are answered past the ASGI server."""

from __future__ import annotations

from dvc_sync_s3.app.direct import INDIRECT
from dvc_sync_s3.s3.request import USUAL_NAMES


def test_no_header_that_wants_the_asgi_server_is_taken_for_a_usual_one() -> None:
    assert INDIRECT.isdisjoint(USUAL_NAMES.values())
