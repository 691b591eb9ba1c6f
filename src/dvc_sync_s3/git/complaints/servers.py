"""What any Git server, and the network on the way to it, says: git's own words for it, curl's and ssh's."""

from __future__ import annotations

from dvc_sync_s3.errors import Blocked, Rejected, Transient
from dvc_sync_s3.git.complaints.row import Row

_OTHER_PUSH = "Someone pushed first; it is made anew by itself."
_ADMIN = "Ask who administers Git's server"
_WAY = "Check the network on this machine, its firewall and proxy (HTTPS_PROXY), and that Git's server runs"

SERVERS = (
    # The server's own disk. Its words come as `remote: …` or from git as it runs there.
    Row(r"no space left on device|disk quota exceeded|disk (is )?full", Blocked,
        f"The disk of Git's server is full. {_ADMIN} to make room."),
    Row(r"insufficient permission for adding|unable to create .*(permission denied|read-only)"
        r"|unable to (write|append|open)[^\n]*(permission denied|read-only)|read-only file system"
        r"|unable to create temporary (file|object)|unable to migrate objects", Blocked,
        f"The repository can't be written on Git's server. {_ADMIN} to give its user write permission to all of its"
        " folder."),
    Row(r"detected dubious ownership", Blocked,
        "The repository on Git's server belongs to another user than the one git runs as there: let that user own it,"
        " or run `git config --global --add safe.directory <the folder>` as that user (for a folder on this machine:"
        " the service's)."),
    Row(r"\.lock'?: file exists|unable to lock|locked by another|another git process", Transient,
        "A push is under way there, or one that was killed left the lock. If this goes on: ask who"
        " administers Git's server to remove the .lock file in the message."),
    # Someone pushed first.
    Row(r"\[rejected\].*\((fetch first|non-fast-forward|stale info|already exists)\)"
        r"|is at [0-9a-f]+ but expected|incorrect old value provided|reference already exists"
        r"|cannot lock ref|failed to (update|lock) ref", Rejected, _OTHER_PUSH),
    # A push that is too large, or unpacked badly.
    Row(r"pack exceeds maximum|pack is too large|exceeds maximum allowed size|returned error: 413|HTTP 413", Blocked,
        f"The push is larger than the server, or a proxy before it, takes. {_ADMIN} to raise the limit"
        " (receive.maxInputSize, client_max_body_size)."),
    Row(r"unpacker error|unpack failed|index-pack (abnormal exit|failed)|missing necessary objects", Transient,
        "The server couldn't keep what was pushed; it is tried again by itself. If this goes on, ask"
        " who administers Git's server to read its log."),
    # Not git at the other end.
    Row(r"unable to update url base from redirection|returned error: 30[1278]|HTTP 30[1278]", Blocked,
        "The server sends this address elsewhere, often to a login page or after a renaming: set GIT_REPO to the"
        " address that the repository's page shows for cloning, and check the token."),
    Row(r"is this a git repository|bad line length character|invalid server response|<!doctype|<html"
        r"|unexpected[^\n]*content-type", Blocked,
        "A web page or another program answers at this address, often a login page: check GIT_REPO (the address for"
        " cloning), the token, and a proxy's sign-in page."),
    # The way there.
    Row(r"HTTP code 407|proxy authentication|returned error: 407", Blocked,
        "The proxy wants a name and a password: put them into HTTPS_PROXY."),
    Row(r"HTTP code 403 from proxy|proxy connect aborted|from proxy after connect", Blocked,
        "The proxy (HTTPS_PROXY) refuses to connect to Git's server: let it, or name the server in NO_PROXY."),
    Row(r"could ?n[o']t resolve proxy|could not resolve proxy", Transient,
        "The proxy's name (HTTPS_PROXY) is unknown: check it, and the machine's DNS."),
    Row(r"could ?n[o']t resolve host|name or service not known|temporary failure in name resolution"
        r"|nodename nor servname|no address associated", Transient,
        "The server's name is unknown to this machine: check GIT_REPO and the machine's DNS."),
    Row(r"no alternative certificate subject name|subject name .*does not match|hostname mismatch", Blocked,
        "The server's certificate is for another name: use that name in GIT_REPO, or let the server have another one."),
    Row(r"certificate has expired|certificate is not yet valid", Blocked,
        f"The server's certificate is out of date, or this machine's clock is wrong. {_ADMIN} to renew it."),
    Row(r"ssl certificate problem|certificate verif(y|ication) failed|server certificate|self[- ]signed certificate"
        r"|unable to get local issuer", Blocked,
        "Let Git trust the server's certificate: GIT_SSL_CAINFO names the file of its authority."),
    Row(r"gnutls_handshake|ssl_error|tls (connect|handshake)|ssl connect error|schannel|wrong version number"
        r"|unsupported protocol", Transient,
        f"No secure connection came about: check that GIT_REPO's port speaks https. {_WAY}."),
    # ssh.
    Row(r"host key verification failed|no [a-z0-9-]+ host key is known|remote host identification has changed", Blocked,
        "Add the server's host key to known_hosts of the service's user, or to GIT_SSH_KNOWN_HOSTS_FILE."),
    Row(r"permissions .* are too open|bad permissions|unprotected private key", Blocked,
        "Let only the service's user read the private key: chmod 600."),
    Row(r"no matching (host key|key exchange|cipher|mac)|no mutual signature", Blocked,
        "This machine's ssh and the server's have no method in common: update the older one, or name the method in"
        " ~/.ssh/config."),
    Row(r"permission denied \(|too many authentication failures|no supported authentication methods", Blocked,
        "The server doesn't accept the ssh key: add its public half there, with the right to write, or set"
        " GIT_SSH_KEY_FILE."),
    # What HTTP says.
    Row(r"returned error: (5\d\d|429|408|425)|HTTP (5\d\d|429|408)", Transient,
        "Git's server is in trouble or busy; it is tried again by itself."),
    Row(r"authentication failed|could not read (username|password)|returned error: 401|terminal prompts disabled"
        r"|invalid credentials", Blocked,
        "Check the token (GIT_PAT_TOKEN): it must be current, complete and may write to the repository."),
    Row(r"returned error: 403|access denied|403 forbidden|forbidden", Blocked,
        "The server knows the account and refuses it: the token (GIT_PAT_TOKEN) needs the right to write to this"
        " repository."),
    Row(r"returned error: 4(04|10)|does not appear to be a git repository|repository .*not found|does not exist"
        r"|not found in upstream|protocol .* (is not supported|not allowed)|no such file or directory"
        r"|not a git repository", Blocked,
        "Check GIT_REPO: the address must be right and the token must be allowed to see it."),
    # A server that refuses a push for reasons of its own.
    Row(r"hook declined|hook failed|\[remote rejected\]|deny (updating|creating|deleting)|denied by", Blocked,
        f"The server refuses the commit: its own words above say why. {_ADMIN} to let the service push."),
    # A connection that broke or never came about.
    Row(r"timed out|operation too slow|timeout|failed to connect|could ?n[o']t connect|connection refused"
        r"|connection (reset|closed)|no route to host|network is (unreachable|down)|early eof|hung up"
        r"|unexpected disconnect|rpc failed|empty reply|broken pipe|kex_exchange|could not read from remote", Transient,
        f"Git's server can't be reached, or the connection broke; it is tried again by itself. {_WAY}."),
    Row(r"", Transient, "If this goes on, run the same git command by hand and read its answer."),
)  # fmt: skip
