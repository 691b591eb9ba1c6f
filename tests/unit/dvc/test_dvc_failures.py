"""What remotes raise, and what to do next."""

from __future__ import annotations

import errno
import subprocess
import sys

import aiohttp
import asyncssh
import azure.core.exceptions as azure
import botocore.exceptions as boto
import google.auth.exceptions as google
import httpx
import oss2.exceptions as oss
import pytest
import requests
import webdav4.client as webdav
from dvc.exceptions import DvcException
from gcsfs.retry import HttpError  # type: ignore[import-untyped]
from multidict import CIMultiDict, CIMultiDictProxy
from pydrive2.fs.spec import GDriveAuthError
from yarl import URL

from dvc_sync_s3.dvc.failures import classify, is_no_answer, remote_errors
from dvc_sync_s3.errors import Blocked, SyncError, Transient


def http_answer(status: int) -> aiohttp.ClientResponseError:
    """What aiohttp raises for an answer of that status."""
    url = URL("http://h/o")
    request = aiohttp.RequestInfo(url, "HEAD", CIMultiDictProxy(CIMultiDict()), url)
    return aiohttp.ClientResponseError(request, (), status=status, message="said")


def webdav_answer(status: int) -> webdav.HTTPError:
    """What webdav4 raises for an answer of that status."""
    return webdav.HTTPError(httpx.Response(status, request=httpx.Request("PUT", "http://h/o")))


def azure_answer(status: int) -> azure.HttpResponseError:
    """What Azure's client raises for an answer of that status."""
    error = azure.HttpResponseError("said")
    error.status_code = status
    return error


RAISED = [
    (PermissionError("Forbidden"), Blocked),
    (FileNotFoundError("The specified bucket does not exist"), Blocked),
    (OSError(errno.ENOSPC, "No space left on device"), Blocked),
    (OSError(errno.EROFS, "Read-only file system"), Blocked),
    (OSError(errno.EINVAL, "the region is wrong"), Blocked),
    (OSError(errno.EBUSY, "Please reduce your request rate"), Transient),
    (OSError(errno.EIO, "internal error"), Transient),
    (OSError("Unable to load libjvm: dlopen failed"), Blocked),
    (TimeoutError(), Transient),
    (ConnectionResetError("reset by peer"), Transient),
    (ValueError("Invalid endpoint: nonsense"), Blocked),
    (KeyError("refresh_token"), Blocked),
    (ImportError("no asyncssh"), Blocked),
    (RuntimeError("SafeModeException"), Transient),
    (DvcException("config file error"), Blocked),
    (boto.NoCredentialsError(), Blocked),
    (boto.EndpointConnectionError(endpoint_url="http://h"), Transient),
    (boto.SSLError(endpoint_url="https://h", error="certificate verify failed"), Blocked),
    (google.TransportError("no route"), Transient),  # type: ignore[no-untyped-call]
    (google.RefreshError("invalid_grant"), Blocked),  # type: ignore[no-untyped-call]
    (HttpError({"code": 403, "message": "no access"}), Blocked),
    (HttpError({"code": 503, "message": "busy"}), Transient),
    (azure.ClientAuthenticationError("no token"), Blocked),
    (azure_answer(403), Blocked),
    (azure.ResourceNotFoundError("ContainerNotFound"), Blocked),
    (azure.ServiceRequestError("Cannot connect to host"), Transient),
    (azure_answer(503), Transient),
    (asyncssh.PermissionDenied("Permission denied for user dvc"), Blocked),
    (asyncssh.SFTPPermissionDenied("Permission denied"), Blocked),
    (asyncssh.KeyImportError("Passphrase must be specified"), Blocked),
    (asyncssh.SFTPNoSpaceOnFilesystem("full"), Blocked),
    (asyncssh.ConnectionLost("Connection lost"), Transient),
    (asyncssh.SFTPFailure("Failure"), Transient),
    (webdav_answer(401), Blocked),
    (webdav.ForbiddenOperation("forbidden"), Blocked),
    (webdav.ResourceNotFound("files"), Blocked),
    (webdav.InsufficientStorage("files"), Blocked),
    (webdav_answer(503), Transient),
    (httpx.ConnectError("Connection refused"), Transient),
    (httpx.ReadTimeout("timed out"), Transient),
    (http_answer(401), Blocked),
    (http_answer(404), Blocked),
    (http_answer(405), Blocked),
    (http_answer(502), Transient),
    (aiohttp.ServerDisconnectedError(), Transient),
    (requests.ConnectionError("Connection refused"), Transient),
    (oss.SignatureDoesNotMatch(403, {}, b"", {"Message": "said"}), Blocked),
    (oss.NoSuchBucket(404, {}, b"", {"Message": "said"}), Blocked),
    (oss.RequestError(ConnectionError("refused")), Transient),
    (GDriveAuthError("Failed to authenticate GDrive"), Blocked),
]


@pytest.mark.parametrize(("error", "expected"), RAISED, ids=lambda value: repr(value)[:60])
def test_what_a_remote_raises_decides_what_happens_next(error: Exception, expected: type[SyncError]) -> None:
    assert isinstance(error, remote_errors())
    said = classify(error, "push to the remote team")
    assert type(said) is expected
    assert "team" in str(said)
    assert said.hint or expected is Transient


def test_a_bug_of_ours_is_no_remotes_error() -> None:
    assert not issubclass(AttributeError, remote_errors())
    assert not issubclass(TypeError, remote_errors())


def test_a_password_in_an_address_is_not_repeated() -> None:
    assert "pw" not in str(classify(OSError("cannot reach https://ann:pw@host/x"), "ask"))


def caused(cause: Exception | None) -> FileNotFoundError:
    error = FileNotFoundError("http://h/o")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "cause",
    [
        http_answer(401),
        http_answer(500),
        aiohttp.ClientConnectionError("refused"),
        oss.RequestError(ConnectionError("refused")),
    ],
)
def test_not_found_that_wraps_a_failed_request_says_nothing_of_the_object(cause: Exception) -> None:
    assert is_no_answer(caused(cause))


@pytest.mark.parametrize(
    "cause", [None, http_answer(404), oss.NoSuchKey(404, {}, b"", {}), asyncssh.SFTPNoSuchFile("gone")]
)
def test_not_found_that_the_server_said_is_believed(cause: Exception | None) -> None:
    assert not is_no_answer(caused(cause))


def test_no_library_of_a_kind_of_remote_is_loaded_before_dvc_needs_it() -> None:
    heavy = "adlfs azure asyncssh gcsfs google.auth botocore httpx ossfs pyarrow pydrive2 s3fs sshfs webdav4"
    program = f"import sys, dvc_sync_s3.dvc.failures; print([n for n in '{heavy}'.split() if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("error", "_"), RAISED)
def test_whatever_a_remote_raises_has_a_hint(error: Exception, _: type[SyncError]) -> None:
    assert classify(error, "push").hint


def test_a_folder_that_cannot_be_written_is_no_matter_of_credentials() -> None:
    found = classify(PermissionError(errno.EACCES, "Permission denied", "/mnt/team/files"), "push to the remote team")
    assert isinstance(found, Blocked)
    assert "folder" in found.hint
    assert "credentials" not in found.hint
    assert "credentials" in classify(PermissionError("Access Denied"), "push to the remote team").hint
