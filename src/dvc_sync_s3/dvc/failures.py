"""What a remote's exceptions mean for the cycle: a table by type, read from the top.

Types of libraries that may not be installed, or only be loaded by DVC when needed, stand by name: an exception of
theirs exists only once they are loaded.
"""

from __future__ import annotations

import errno
import sys
from typing import NamedTuple

from dvc.exceptions import DvcException, FileTransferError
from dvc_objects.fs.errors import AuthError, ConfigError, RemoteMissingDepsError

from dvc_sync_s3.dvc.saying import said_by
from dvc_sync_s3.errors import Blocked, SyncError, Transient

_Type = type[Exception] | str


class _Row(NamedTuple):
    types: tuple[_Type, ...]
    error: type[SyncError]
    hint: str


_CREDENTIALS = "Check the remote's credentials: they must be current and may read and write there."
_THERE = "Check the remote's URL and endpoint: its bucket, container or folder must exist."
_SPACE = "Free some space where the remote is: it is full, or its quota is used up."
_LACKING = "The remote's server lacks an operation that DVC needs."
_AWAY = (
    "The remote can't be reached or is in trouble: check its URL and endpoint, the network, the firewall and the proxy."
    " It is tried again by itself."
)
_FOLDER = "Let the service's user read and write the remote's folder, and the folders in it."
_CONFIG = "Check the remote in .dvc/config with `dvc remote list`."
_INSTALL = "Install DVC's support for this kind of remote: pip install 'dvc-sync-s3[all]'"
_JAVA = "Install Java and Hadoop's native library, or use webhdfs:// instead of hdfs://."

_TABLE = (
    _Row(
        ("asyncssh.PermissionDenied", "asyncssh.SFTPPermissionDenied", "asyncssh.SFTPWriteProtect"),
        Blocked,
        _CREDENTIALS,
    ),
    _Row(("asyncssh.KeyImportError", "asyncssh.KeyEncryptionError"), Blocked, "Check the key file and its passphrase."),
    _Row(("asyncssh.HostKeyNotVerifiable",), Blocked, "Add the server's key to ~/.ssh/known_hosts."),
    _Row(("asyncssh.SFTPNoSpaceOnFilesystem", "asyncssh.SFTPQuotaExceeded"), Blocked, _SPACE),
    _Row(("asyncssh.SFTPNoSuchFile", "asyncssh.SFTPNoSuchPath", "asyncssh.SFTPNotADirectory"), Blocked, _THERE),
    _Row(("asyncssh.Error",), Transient, _AWAY),
    _Row(("webdav4.client.ForbiddenOperation",), Blocked, _CREDENTIALS),
    _Row(("webdav4.client.InsufficientStorage",), Blocked, _SPACE),
    _Row(("webdav4.client.ResourceNotFound", "webdav4.client.ResourceConflict"), Blocked, _THERE),
    _Row(("webdav4.client.IsAResourceError", "webdav4.client.IsACollectionError"), Blocked, _THERE),
    _Row(("webdav4.client.ClientError", "httpx.HTTPError"), Transient, _AWAY),
    _Row(("httpx.InvalidURL",), Blocked, _CONFIG),
    _Row(("azure.core.exceptions.ClientAuthenticationError",), Blocked, _CREDENTIALS),
    _Row(("azure.core.exceptions.ResourceNotFoundError",), Blocked, _THERE),
    _Row(("azure.core.exceptions.AzureError",), Transient, _AWAY),
    _Row(("oss2.exceptions.AccessDenied", "oss2.exceptions.SignatureDoesNotMatch"), Blocked, _CREDENTIALS),
    _Row(("oss2.exceptions.ClientError", "oss2.exceptions.NotFound"), Blocked, _THERE),
    _Row(("oss2.exceptions.OssError",), Transient, _AWAY),
    _Row(("pydrive2.fs.spec.GDriveAuthError", "pydrive2.auth.AuthError"), Blocked, _CREDENTIALS),
    _Row((PermissionError, AuthError), Blocked, _CREDENTIALS),
    _Row((FileNotFoundError, NotADirectoryError), Blocked, _THERE),
    _Row(
        (
            "botocore.exceptions.NoCredentialsError",
            "botocore.exceptions.PartialCredentialsError",
            "botocore.exceptions.ProfileNotFound",
        ),
        Blocked,
        _CREDENTIALS,
    ),
    _Row(("botocore.exceptions.ParamValidationError",), Blocked, _THERE),
    _Row(("botocore.exceptions.BotoCoreError", "botocore.exceptions.ClientError"), Transient, _AWAY),
    _Row(("google.auth.exceptions.TransportError",), Transient, _AWAY),
    _Row(("google.auth.exceptions.GoogleAuthError",), Blocked, _CREDENTIALS),
    _Row(("gcsfs.retry.HttpError", "aiohttp.ClientError", "requests.RequestException"), Transient, _AWAY),
    _Row((KeyError,), Blocked, _CREDENTIALS),  # gcsfs: a key file that lacks a field
    _Row((RemoteMissingDepsError, ImportError), Blocked, _INSTALL),
    _Row((FileTransferError,), Transient, _AWAY),  # DVC's commands: so many files failed, it logged why
    # botocore: an invalid endpoint; gcsfs: neither a file nor a token; google: a malformed key file
    _Row((DvcException, ConfigError, ValueError, NotImplementedError), Blocked, _CONFIG),
    _Row((RuntimeError,), Transient, _AWAY),  # webhdfs: whatever Hadoop has no better word for
    _Row((OSError,), Transient, _AWAY),
)
"""The first row with the exception's type says what to do next; what is in no row is a bug of ours."""

_BY_ERRNO = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EROFS: "Let the service write to the remote's folder.",
    errno.EINVAL: "Check the remote's region, endpoint and credentials: its server refuses the request itself.",
    errno.ENOSYS: _LACKING,
}
_BY_STATUS = {
    400: _THERE, 401: _CREDENTIALS, 403: _CREDENTIALS, 404: _THERE, 405: _LACKING, 407: _CREDENTIALS,
    501: _LACKING, 507: _SPACE,
}  # fmt: skip
_BY_WORDS = {
    "certificate verify failed": "Let the service trust the remote's certificate (AWS_CA_BUNDLE, ssl_verify).",
    "unable to load libjvm": _JAVA,
    "unable to load libhdfs": _JAVA,
}


def remote_errors() -> tuple[type[Exception], ...]:
    """Return the types that DVC's file systems raise, of all libraries that are loaded by now; for `except`."""
    return tuple(found for row in _TABLE for found in _loaded(row))


def classify(error: Exception, doing: str) -> SyncError:
    """Turn what a remote raised while `doing` (names the remote) into what to do next.

    >>> classify(PermissionError("Access Denied"), "push to the remote 'team'")
    Blocked("push to the remote 'team': Access Denied")
    """
    message = f"{doing}: {said_by(error) or type(error).__name__}"
    hint = _particular_hint(error, message.lower())
    if hint:
        return Blocked(message, hint=hint)
    row = next((row for row in _TABLE if isinstance(error, _loaded(row))), None)
    return row.error(message, hint=row.hint) if row else Transient(message, hint=_AWAY)


def is_no_answer(error: FileNotFoundError) -> bool:
    """Tell whether "not found" only wraps a request that failed: fsspec's HTTP and ossfs say it of any failure."""
    cause = error.__cause__
    if cause is None or isinstance(cause, FileNotFoundError):
        return False
    if _status(cause) in (404, 410):
        return False
    return isinstance(cause, _loaded(_Row(_FAILED_REQUESTS, Transient, _AWAY)))


_FAILED_REQUESTS = ("aiohttp.ClientError", "oss2.exceptions.ClientError", "oss2.exceptions.RequestError")


def _particular_hint(error: Exception, message: str) -> str | None:
    for words, hint in _BY_WORDS.items():
        if words in message:
            return hint
    if isinstance(error, PermissionError) and error.filename is not None:  # the system's; a server's names no file
        return _FOLDER
    if isinstance(error, OSError) and (hint_by_errno := _BY_ERRNO.get(error.errno or 0)):
        return hint_by_errno
    return _BY_STATUS.get(_status(error))


def _status(error: BaseException) -> int:
    """Return the HTTP status that an exception carries, 0 if it carries none."""
    for name in ("status", "status_code", "code"):  # aiohttp; azure, webdav4, httpx; gcsfs
        value = getattr(error, name, None)
        if isinstance(value, int | str) and str(value).isdecimal():
            return int(value)
    return 0


def _loaded(row: _Row) -> tuple[type[Exception], ...]:
    types = (_find(one) if isinstance(one, str) else one for one in row.types)
    return tuple(one for one in types if one is not None)


def _find(name: str) -> type[Exception] | None:
    """Return the class of that name if the module it is in has been loaded, or a package above it."""
    module, _, attribute = name.rpartition(".")
    found = getattr(sys.modules.get(module), attribute, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None
