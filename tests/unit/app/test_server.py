"""Who answers a request: S3, or the pages for people and probes."""

from __future__ import annotations

import pytest
from starlette.types import Receive, Scope, Send

from dvc_sync_s3.app.server import Application
from tests.unit.s3.asgi import Sent, receiving, scope_of


class Side:
    """Remember what it was asked."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("url", "is_web"),
    [
        ("http://localhost:8000/-/ready", True),
        ("http://10.0.0.7/-/ready", True),
        ("http://localhost:8000/-", True),
        ("http://localhost:8000/annotations/-/ready", False),
        ("http://localhost:8000/-a/ready", False),
        ("http://localhost:8000/", False),
        ("http://annotations.localhost:8000/-/ready", False),
    ],
)
async def test_pages_are_below_their_path_except_on_a_buckets_own_host(url: str, is_web: bool) -> None:  # noqa: FBT001
    s3, web = Side(), Side()
    await Application(s3, web, ("localhost",))(scope_of("GET", url), receiving([b""]), Sent().send)
    assert (bool(web.paths), bool(s3.paths)) == (is_web, not is_web)
