"""What remotes raise, and what to do next."""

from __future__ import annotations

import errno

import botocore.exceptions as boto
import google.auth.exceptions as google
import pytest
from dvc.exceptions import DvcException
from gcsfs.retry import HttpError  # type: ignore[import-untyped]

from dvc_sync_s3.dvc.failures import REMOTE_ERRORS, classify
from dvc_sync_s3.errors import Blocked, SyncError, Transient

RAISED = [
    (PermissionError("Forbidden"), Blocked),
    (FileNotFoundError("The specified bucket does not exist"), Blocked),
    (OSError(errno.ENOSPC, "No space left on device"), Blocked),
    (OSError(errno.EROFS, "Read-only file system"), Blocked),
    (OSError(errno.EINVAL, "the region is wrong"), Blocked),
    (OSError(errno.EBUSY, "Please reduce your request rate"), Transient),
    (OSError(errno.EIO, "internal error"), Transient),
    (TimeoutError(), Transient),
    (ConnectionResetError("reset by peer"), Transient),
    (ValueError("Invalid endpoint: nonsense"), Blocked),
    (KeyError("refresh_token"), Blocked),
    (ImportError("no asyncssh"), Blocked),
    (DvcException("config file error"), Blocked),
    (boto.NoCredentialsError(), Blocked),
    (boto.EndpointConnectionError(endpoint_url="http://h"), Transient),
    (boto.SSLError(endpoint_url="https://h", error="certificate verify failed"), Blocked),
    (google.TransportError("no route"), Transient),  # type: ignore[no-untyped-call]
    (google.RefreshError("invalid_grant"), Blocked),  # type: ignore[no-untyped-call]
    (HttpError({"code": 403, "message": "no access"}), Blocked),
    (HttpError({"code": 503, "message": "busy"}), Transient),
]


@pytest.mark.parametrize(("error", "expected"), RAISED)
def test_what_a_remote_raises_decides_what_happens_next(error: Exception, expected: type[SyncError]) -> None:
    assert isinstance(error, REMOTE_ERRORS)
    said = classify(error, "push to the remote team")
    assert type(said) is expected
    assert "team" in str(said)
    assert said.hint or expected is Transient


def test_a_password_in_an_address_is_not_repeated() -> None:
    assert "pw" not in str(classify(OSError("cannot reach https://ann:pw@host/x"), "ask"))
