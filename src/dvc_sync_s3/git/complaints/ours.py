"""What git says of this machine: the clone, its disk, the key that signs.

Searched in the lines that aren't a server's (`remote: …`, `! …`): those say nothing about our clone.
"""

from __future__ import annotations

from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.git.complaints.row import CloneBroken, Row

OURS = (
    Row(r"no space left on device|disk quota exceeded", Blocked, "Make room on the disk that holds GIT_FOLDER."),
    Row(r"unable to create .*: permission denied|insufficient permission|could not create .*: permission denied"
        r"|read-only file system", Blocked, "Let the service's user write to GIT_FOLDER."),
    Row(r"error setting certificate (verify locations|file)|problem with the (ssl ca cert|local ssl certificate)"
        r"|unable to load the client (cert|key)", Blocked,
        "Check the files that GIT_SSL_CAINFO, GIT_SSL_CERT and GIT_SSL_KEY name: the service's user must read them."),
    Row(r"failed to sign|signing failed|user\.signingkey|cannot run '?(gpg|ssh-keygen)|unsupported value for gpg"
        r"|load public key|error: load key|could ?n[o']t get .*signing key", Blocked,
        "Check the key that commits are signed with (GIT_SIGNING_KEY, or user.signingKey of the service's user):"
        " it must be there, without a passphrase or in an agent."),
    Row(r"cannot run '?ssh|ssh: (command )?not found|ssh: no such file", Blocked,
        "Install an ssh client, or use an https address as GIT_REPO."),
    Row(r"unable to find remote helper for|remote helper|is not a git command", Blocked,
        "Check how GIT_REPO begins (https://, ssh://); git on this machine may lack its part for that protocol."),
    Row(r"cannot allocate memory|out of memory|unable to (fork|create thread)|cannot fork", Transient,
        "Give the machine more memory or processes; it is tried again by itself."),
    Row(r"bad object|reference broken|index file (corrupt|smaller)|object file .* is empty|loose object .* is corrupt"
        r"|not a git repository(?!\?)|unable to read (tree|sha1|[0-9a-f]{40,64})|bad (tree|index|ref|revision)"
        r"|is not a valid object|needed a single revision|shallow file (is|has)|bad shallow line"
        r"|packfile .* (is|cannot|does)|inflate"
        r"|invalid object|not our ref|unable to find [0-9a-f]|not a valid object name|ambiguous argument"
        r"|sha1 (mismatch|file)|hash mismatch|shallow update not allowed|file (too short|is empty)"
        r"|unrelated or corrupt|expected .* repo version|unknown repository extension"
        r"|unable to parse|not a (tree object|valid commit)|can't load tree|bad sha1|invalid sha1", CloneBroken,
        "The clone is built again by itself; if this goes on, check the disk that holds GIT_FOLDER."),
)  # fmt: skip
