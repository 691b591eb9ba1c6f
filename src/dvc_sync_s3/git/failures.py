"""What Git's complaints mean for the cycle: a table, read from the top."""

from __future__ import annotations

import re
from typing import NamedTuple

from dvc_sync_s3.errors import Blocked, Rejected, SyncError, Transient


class CloneBroken(Transient):
    """Our clone is damaged: it is thrown away and built again by the next refresh."""


class _Row(NamedTuple):
    pattern: str
    error: type[SyncError]
    hint: str = ""


# A server's own words come as `remote: …` or `! …`: they say nothing about our clone.
_OURS = (
    _Row(r"no space left on device|disk quota exceeded", Blocked, "Free some space on the disk that holds the clone."),
    _Row(r"detected dubious ownership", Blocked, "Make the service's user the owner of the clone's folder."),
    _Row(r"unable to create .*: permission denied|insufficient permission|could not create .*: permission denied"
         r"|read-only file system", Blocked, "Let the service's user write to the clone's folder."),
    _Row(r"failed to sign|signing failed|user\.signingkey|cannot run '?(gpg|ssh-keygen)|unsupported value for gpg"
         r"|load public key|error: load key|could ?n[o']t get .*signing key", Blocked,
         "Check the key that commits are signed with (GIT_SIGNING_KEY, or user.signingKey of the service's user):"
         " it must be there, without a passphrase or in an agent."),
    _Row(r"bad object|reference broken|index file (corrupt|smaller)|object file .* is empty|loose object .* is corrupt"
         r"|not a git repository|unable to read (tree|sha1|[0-9a-f]{40})|bad (tree|index|ref|revision)"
         r"|is not a valid object|needed a single revision|shallow file (is|has)|bad shallow line"
         r"|packfile .* (is|cannot|does)|inflate"
         r"|invalid object|not our ref|unable to find [0-9a-f]|not a valid object name|ambiguous argument"
         r"|sha1 (mismatch|file)|hash mismatch|shallow update not allowed|file (too short|is empty)"
         r"|unrelated or corrupt|expected .* repo version|unknown repository extension"
         r"|unable to parse|not a (tree object|valid commit)|can't load tree|bad sha1|invalid sha1", CloneBroken),
)  # fmt: skip

_ANYONES = (
    _Row(r"\[rejected\].*\((fetch first|non-fast-forward|stale info)\)"
         r"|\(?(cannot lock ref|incorrect old value provided|failed to update ref|reference already exists)", Rejected),
    _Row(r"verified signature|must be signed|unsigned commit|signed commits", Blocked,
         "The server wants signed commits: set GIT_SIGNING_KEY and make the key known there."),
    _Row(r"permissions .* are too open|bad permissions|unprotected private key", Blocked,
         "Let only the service's user read the private key: chmod 600."),
    _Row(r"protected branch|GH0\d\d:|rule violations|not allowed to push", Blocked,
         "The branch is protected: let the service's account push to it, set another GIT_BRANCH,"
         " or GIT_MERGE_REQUEST=true."),
    _Row(r"does not support push options", Blocked,
         "This server takes no merge requests with a push, as GitLab does: check GIT_HOST_KIND."),
    _Row(r"hook declined|\[remote rejected\]", Blocked,
         "The server refuses the commit: its own words above say why; ask who administers it."),
    _Row(r"returned error: (5\d\d|429|408)|HTTP (5\d\d|429)", Transient, "Git's server is in trouble or busy."),
    _Row(r"authentication failed|could not read (username|password)|returned error: 40[13]|permission to .* denied"
         r"|permission denied \(|terminal prompts disabled|invalid credentials|access denied|403 forbidden"
         r"|write access to repository not granted", Blocked,
         "Check the token or the ssh key: it must be current and may write to the repository."),
    _Row(r"host key verification failed", Blocked, "Add the server's host key to known_hosts of the service's user."),
    _Row(r"ssl certificate problem|certificate verify failed|server certificate", Blocked,
         "Let Git trust the server's certificate (http.sslCAInfo or GIT_SSL_CAINFO)."),
    _Row(r"repository .*not found|does not appear to be a git repository|returned error: 404|does not exist"
         r"|project you were looking for could not be found|remote helper|not found in upstream|no such repository"
         r"|protocol .* (is not supported|not allowed)|no such file or directory",
         Blocked, "Check GIT_REPO: the address must be right and the token must be allowed to see it."),
    _Row(r"", Transient, "If this goes on, run the same git command by hand and read its answer."),
)  # fmt: skip


def classify(output: str, doing: str) -> SyncError:
    """Turn what a failed git said (stderr and porcelain lines, without secrets) into what to do next.

    >>> type(classify("! HEAD:refs/heads/main [rejected] (fetch first)", "push")).__name__
    'Rejected'
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    own = "\n".join(line for line in lines if not line.startswith(("remote:", "!")))
    row = _first(_OURS, own) or _first(_ANYONES, "\n".join(lines)) or _ANYONES[-1]
    return row.error(f"git {doing}: {_sentence(lines)}", hint=row.hint)


# Git's own lines, a server's, and those of ssh, which begin with nothing in particular.
_TELLING = re.compile(r"fatal:|error:|!|remote:|ssh:|host key|load key|.*permission denied", re.IGNORECASE)


def _first(rows: tuple[_Row, ...], text: str) -> _Row | None:
    return next((row for row in rows if re.search(row.pattern, text, re.IGNORECASE)), None)


def _sentence(lines: list[str]) -> str:
    telling = [line for line in lines if _TELLING.match(line)] or lines
    return "; ".join(telling)[:600] or "no reason given"
