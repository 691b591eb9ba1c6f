"""What Git says, word for word, and what to do next."""

from __future__ import annotations

import pytest

from dvc_sync_s3.errors import Blocked, Rejected, SyncError, Transient
from dvc_sync_s3.git.failures import CloneBroken, classify

PUSH = "To https://git.example.com/t.git\n!\t1a2b:refs/heads/main\t"
SAID = [
    (PUSH + "[rejected] (fetch first)\nDone\nerror: failed to push some refs", Rejected),
    (PUSH + "[rejected] (non-fast-forward)\nDone", Rejected),
    (PUSH + "[rejected] (stale info)\nDone", Rejected),
    (PUSH + "[remote rejected] (cannot lock ref 'refs/heads/main': is at 1a but expected 2b)\nDone", Rejected),
    (PUSH + "[remote rejected] (incorrect old value provided)\nDone", Rejected),
    (PUSH + "[remote rejected] (pre-receive hook declined)\nDone", Blocked),
    ("remote: error: GH006: Protected branch update failed for refs/heads/main.\n" + PUSH
     + "[remote rejected] (protected branch hook declined)", Blocked),
    ("remote: GitLab: You are not allowed to push code to protected branches on this project.\n" + PUSH
     + "[remote rejected] (pre-receive hook declined)", Blocked),
    ("remote: error: GH013: Repository rule violations found for refs/heads/main.", Blocked),
    ("fatal: unable to access 'https://x/': Could not resolve host: x", Transient),
    ("fatal: unable to access 'https://x/': Failed to connect to x port 443: Connection refused", Transient),
    ("fatal: unable to access 'https://x/': The requested URL returned error: 503", Transient),
    ("fatal: unable to access 'https://x/': The requested URL returned error: 429", Transient),
    ("ssh: connect to host x port 22: Connection timed out\nfatal: Could not read from remote repository.", Transient),
    ("fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF", Transient),
    ("error: RPC failed; curl 56 GnuTLS recv error\nfatal: the remote end hung up unexpectedly", Transient),
    ("fatal: unable to access 'https://x/': The requested URL returned error: 403", Blocked),
    ("fatal: Authentication failed for 'https://x/'", Blocked),
    ("fatal: could not read Username for 'https://x': terminal prompts disabled", Blocked),
    ("git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.", Blocked),
    ("remote: Permission to team/data.git denied to ann.\nfatal: unable to access 'https://x/'", Blocked),
    ("Host key verification failed.\nfatal: Could not read from remote repository.", Blocked),
    ("remote: Repository not found.\nfatal: repository 'https://x/' not found", Blocked),
    ("fatal: '/srv/x.git' does not appear to be a git repository", Blocked),
    ("fatal: unable to access 'https://x/': SSL certificate problem: self-signed certificate", Blocked),
    ("fatal: write error: No space left on device", Blocked),
    ("fatal: not a git repository: '/c/.git'", CloneBroken),
    ("error: object file .git/objects/1a/2b is empty\nfatal: loose object 1a2b is corrupt", CloneBroken),
    ("fatal: bad object refs/dvc-sync/tip", CloneBroken),
    ("error: bad signature 0x00000000\nfatal: index file corrupt", CloneBroken),
    ("fatal: unable to read tree 1a2b", CloneBroken),
    ("remote: fatal: unable to read tree 1a2b\nfatal: early EOF", Transient),
    ("", Transient),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), SAID)
def test_what_git_says_decides_what_happens_next(said: str, expected: type[SyncError]) -> None:
    assert type(classify(said, "push")) is expected


@pytest.mark.parametrize("said", [said for said, expected in SAID if expected is Blocked])
def test_whoever_is_needed_is_told_what_to_do(said: str) -> None:
    assert classify(said, "push").hint


def test_the_message_holds_the_servers_own_reason() -> None:
    said = "remote: commits need a ticket number\n" + PUSH + "[remote rejected] (pre-receive hook declined)"
    assert "commits need a ticket number" in str(classify(said, "push"))
