"""What a remote's exceptions mean for the cycle: a table by type, read from the top.

s3fs turns S3's codes into OSErrors: https://github.com/fsspec/s3fs/blob/main/s3fs/errors.py
"""

from __future__ import annotations

import errno
import re
from typing import NamedTuple

import aiohttp
import botocore.exceptions as boto
import google.auth.exceptions as google
from dvc.exceptions import DvcException
from dvc_objects.fs.errors import AuthError, ConfigError, RemoteMissingDepsError
from gcsfs.retry import HttpError  # type: ignore[import-untyped]

from dvc_sync_s3.errors import Blocked, SyncError, Transient

REMOTE_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    ValueError,  # botocore: invalid endpoint; gcsfs: neither a file nor a token; google: malformed key file
    KeyError,  # gcsfs: a key file that lacks a field
    ImportError,
    aiohttp.ClientError,
    boto.BotoCoreError,
    boto.ClientError,
    google.GoogleAuthError,
    HttpError,
    DvcException,
    AuthError,
    ConfigError,
    RemoteMissingDepsError,
)
"""What DVC's file systems raise; anything else is a bug of ours."""


class _Row(NamedTuple):
    types: tuple[type[Exception], ...]
    error: type[SyncError]
    hint: str


_CREDENTIALS = "Check the remote's credentials: they must be current and may read and write there."
_THERE = "Check the remote's URL and endpoint: its bucket or folder must exist."
_TABLE = (
    _Row((PermissionError, AuthError), Blocked, _CREDENTIALS),
    _Row((FileNotFoundError, NotADirectoryError), Blocked, _THERE),
    _Row((boto.NoCredentialsError, boto.PartialCredentialsError, boto.ProfileNotFound), Blocked, _CREDENTIALS),
    _Row((boto.ParamValidationError,), Blocked, _THERE),
    _Row((google.TransportError,), Transient, ""),
    _Row((google.GoogleAuthError, KeyError), Blocked, _CREDENTIALS),
    _Row(
        (RemoteMissingDepsError, ImportError), Blocked, "Install DVC's support for this kind of remote: `dvc[ssh]`, …"
    ),
    _Row((DvcException, ConfigError, ValueError), Blocked, "Check the remote in .dvc/config with `dvc remote list`."),
)
_BY_ERRNO = {
    errno.ENOSPC: "Free some space on the disk.",
    errno.EDQUOT: "Free some space: the quota is used up.",
    errno.EROFS: "Let the service write to the remote's folder.",
    errno.EINVAL: "Check the remote's region, endpoint and credentials: its server refuses the request itself.",
    errno.ENOSYS: "The remote's server lacks an operation that DVC needs.",
}
_BY_STATUS = {401: _CREDENTIALS, 403: _CREDENTIALS, 404: _THERE, 400: _THERE}


def classify(error: Exception, doing: str) -> SyncError:
    """Turn what a remote raised while `doing` (names the remote) into what to do next.

    >>> classify(PermissionError("Access Denied"), "push to the remote 'team'")
    Blocked("push to the remote 'team': Access Denied")
    """
    said = re.sub(r"(\w://)[^/@\s]+@", r"\1***@", str(error))[:500]
    message = f"{doing}: {said or type(error).__name__}"
    if "certificate verify failed" in message.lower():
        return Blocked(message, hint="Let the service trust the remote's certificate (AWS_CA_BUNDLE, ssl_verify).")
    hint = _BY_ERRNO.get(error.errno or 0) if isinstance(error, OSError) else None
    if isinstance(error, HttpError):
        hint = _BY_STATUS.get(_status(error))
    if hint:
        return Blocked(message, hint=hint)
    row = next((row for row in _TABLE if isinstance(error, row.types)), None)
    return row.error(message, hint=row.hint) if row else Transient(message)


def _status(error: HttpError) -> int:
    code = str(error.code)
    return int(code) if code.isdecimal() else 0
