"""What a read-only key may do; the oracle is the method that each operation has on the wire."""

from __future__ import annotations

import pytest

from dvc_sync_s3.s3.permissions import is_reading, require_permission
from dvc_sync_s3.s3.routing import ROUTES
from dvc_sync_s3.s3.sigv4.verify import Keyring
from tests.unit.s3.asgi import refusal_of

EXCEPTIONS = {
    "CreateSession": False,  # a GET that makes credentials
    "SelectObjectContent": True,  # a POST that only asks
}


@pytest.mark.parametrize(("operation", "method"), sorted({(route.operation, route.method) for route in ROUTES}))
def test_what_is_sent_to_be_stored_or_removed_is_no_reading(operation: str, method: str) -> None:
    assert is_reading(operation) is EXCEPTIONS.get(operation, method in {"GET", "HEAD"})


def test_only_a_read_only_key_is_kept_from_writing() -> None:
    keyring = Keyring({"writer": "s", "reader": "s"}, read_only=frozenset({"reader"}))
    assert refusal_of(lambda: require_permission(keyring, "reader", "PutObject")) == "AccessDenied"
    assert refusal_of(lambda: require_permission(keyring, "reader", "GetObject")) is None
    assert refusal_of(lambda: require_permission(keyring, "writer", "PutObject")) is None
