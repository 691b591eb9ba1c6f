"""What servers and forges say, word for word, and the cause and the setting that a person is told."""

from __future__ import annotations

import pytest

from dvc_sync_s3.errors import Blocked, Rejected, SyncError, Transient
from dvc_sync_s3.git.complaints.forges import FORGES
from dvc_sync_s3.git.complaints.ours import OURS
from dvc_sync_s3.git.complaints.row import Row
from dvc_sync_s3.git.complaints.servers import SERVERS
from dvc_sync_s3.git.failures import classify

HOOK = (
    "\nTo https://git.example.com/t.git\n!\t1a2b:refs/heads/main\t[remote rejected] (pre-receive hook declined)\nDone"
)
DENIED = "\nfatal: unable to access 'https://git.example.com/t.git/': The requested URL returned error: 403"
READ = "\nfatal: Could not read from remote repository."
GH013 = "remote: error: GH013: Repository rule violations found for refs/heads/main.\nremote: \nremote: "
LOCK = "remote: error: cannot lock ref 'refs/heads/main': "
BANG = "!\t1a2b:refs/heads/main\t[remote rejected] "
X = "fatal: unable to access 'https://git.example.com/t.git/': "

PUSH_RIGHT = "right to push"
PROTECTED = "GIT_MERGE_REQUEST"
AUTHOR = "GIT_AUTHOR_EMAIL"

GITHUB = [
    ("remote: error: GH001: Large files detected." + HOOK, Blocked, "raise"),
    ("remote: error: GH002: Sorry, branch or tag names consisting of 40 hex characters are not allowed." + HOOK,
     Blocked, "GIT_BRANCH"),
    ("remote: error: GH003: Sorry, force-pushing to main is not allowed." + HOOK, Blocked, PROTECTED),
    ("remote: error: GH006: Protected branch update failed for refs/heads/main.\n"
     "remote: error: Changes must be made through a pull request." + HOOK, Blocked, PROTECTED),
    ("remote: error: GH007: Your push would publish a private email address." + HOOK, Blocked, AUTHOR),
    ("remote: error: GH008: Your push referenced at least 1 unknown Git LFS object:" + HOOK, Blocked, "LFS"),
    (GH013 + "- Changes must be made through a pull request." + HOOK, Blocked, PROTECTED),
    (GH013 + '- Required status check "ci" is expected.' + HOOK, Blocked, PROTECTED),
    (GH013 + "- Cannot update this protected ref." + HOOK, Blocked, PROTECTED),
    (GH013 + "- Commits must have verified signatures." + HOOK, Blocked, "GIT_SIGNING_KEY"),
    (GH013 + "- Commit message must match a given regex pattern: ^DATA-" + HOOK, Blocked, "GIT_COMMIT_PREFIX"),
    (GH013 + "- Author email must end with a matching pattern: @corp.example" + HOOK, Blocked, AUTHOR),
    (GH013 + "- Committer email must match a given regex pattern: @corp" + HOOK, Blocked, "GIT_COMMITTER_EMAIL"),
    (GH013 + "- GITHUB PUSH PROTECTION\nremote:     - Push cannot contain secrets" + HOOK, Blocked, "secret"),
    (GH013 + "- Cannot create ref due to creations being restricted." + HOOK, Blocked, "GIT_BRANCH"),
    ("remote: Write access to repository not granted." + DENIED, Blocked, PUSH_RIGHT),
    ("remote: Permission to team/data.git denied to bot." + DENIED, Blocked, PUSH_RIGHT),
    ("ERROR: Permission to team/data.git denied to deploy key" + READ, Blocked, "GIT_SSH_KEY_FILE"),
    ("ERROR: The key you are authenticating with has been marked as read only." + READ, Blocked, "GIT_SSH_KEY_FILE"),
    ("remote: This repository was archived so it is read-only." + DENIED, Blocked, "archived"),
    ("remote: The 'team' organization has enabled or enforced SAML SSO.\nremote: To access this repository, you must "
     "use the HTTPS remote with a personal access token" + DENIED, Blocked, "authorize the token"),
    ("remote: Although you appear to have the correct authorization credentials, the `team` organization has an IP "
     "allow list enabled, and 192.0.2.7 is not permitted to access this resource." + DENIED, Blocked, "IP addresses"),
    (("remote: Support for password authentication was removed on August 13, 2021.\n"
     "fatal: Authentication failed for 'https://git.example.com/t.git/'"), Blocked, "GIT_PAT_TOKEN"),
    (("remote: Invalid username or token. Password authentication is not supported for Git operations.\n"
     "fatal: Authentication failed for 'https://git.example.com/t.git/'"), Blocked, "GIT_PAT_TOKEN"),
    ("remote: The 'team' organization forbids access via a fine-grained personal access tokens if the token's lifetime "
     "is greater than 366 days." + DENIED, Blocked, "kind of token"),
    ("remote: fatal error in commit_refs\n" + BANG + "(failure)", Transient, "in trouble"),
    ("remote: Internal Server Error\n" + BANG + "(Internal Server Error)", Transient, "in trouble"),
    ("remote: Repository not found.\nfatal: repository 'https://x/t.git/' not found", Blocked, "GIT_REPO"),
]  # fmt: skip

GITLAB = [
    ("remote: You are not allowed to push code to this project." + DENIED, Blocked, PUSH_RIGHT),
    ("remote: ERROR: You are not allowed to push code to this project." + READ, Blocked, PUSH_RIGHT),
    ("remote: GitLab: You are not allowed to push code to protected branches on this project." + HOOK, Blocked,
     PROTECTED),
    ("remote: GitLab: You are not allowed to force push code to a protected branch on this project." + HOOK, Blocked,
     PROTECTED),
    ("remote: GitLab: Author 'bot@example.com' is not a member of team" + HOOK, Blocked, AUTHOR),
    ("remote: GitLab: Author's email 'bot@example.com' does not follow the pattern '@corp.example$'" + HOOK, Blocked,
     AUTHOR),
    ("remote: GitLab: Committer's email 'bot@example.com' does not follow the pattern '@corp.example$'" + HOOK, Blocked,
     "GIT_COMMITTER_EMAIL"),
    ("remote: GitLab: You cannot push commits for 'bot@example.com'. You can only push commits if the committer email "
     "is one of your own verified emails." + HOOK, Blocked, AUTHOR),
    ("remote: GitLab: Commit message does not follow the pattern 'DATA-\\d+'" + HOOK, Blocked, "GIT_COMMIT_PREFIX"),
    ("remote: GitLab: Commit message contains the forbidden pattern 'wip'" + HOOK, Blocked, "message"),
    ("remote: GitLab: Commit message must contain a DCO signoff" + HOOK, Blocked, "GIT_SIGN_OFF"),
    ("remote: refs/heads/main: 1a2b: commit message doesn't match regex: ^DATA-\\d+ .*" + HOOK, Blocked,
     "GIT_COMMIT_PREFIX"),
    ("remote: refs/heads/main: 1a2b: expected committer email 'bot@corp' but found 'x@y'" + HOOK, Blocked, AUTHOR),
    ("remote: ERROR: commit 1a2b: not Signed-off-by author/committer/uploader in message footer" + HOOK, Blocked,
     "GIT_SIGN_OFF"),
    ("remote: GitLab: Commit must be signed with a GPG key" + HOOK, Blocked, "GIT_SIGNING_KEY"),
    ("remote: GitLab: Branch name 'main' does not follow the pattern '^data/'" + HOOK, Blocked, "GIT_BRANCH"),
    ('remote: GitLab: File "abc" is larger than the allowed size of 1 MiB. Use Git LFS to manage this file.' + HOOK,
     Blocked, "raise"),
    ("remote: GitLab: Your push has been rejected, because this repository has exceeded its size limit of 10 GB by "
     "1 MB. Please contact your GitLab administrator for more information." + HOOK, Blocked, "quota"),
    ("remote: This deploy key does not have write access to this project." + READ, Blocked, "GIT_SSH_KEY_FILE"),
    (("remote: HTTP Basic: Access denied. The provided password or token is incorrect or your account has 2FA enabled "
     "and you must use a personal access token instead of a password.\n"
     "fatal: Authentication failed for 'https://git.example.com/t.git/'"), Blocked, "2FA"),
    ("remote: The project you were looking for could not be found or you don't have permission to view it." + READ,
     Blocked, "GIT_REPO"),
    ("remote: The repository is temporarily read-only. Please try again later." + DENIED, Transient, "maintenance"),
    ("remote: You can't push code to a read-only GitLab instance." + DENIED, Blocked, "GIT_REPO"),
    ("remote: Your account has been blocked." + DENIED, Blocked, "Sign in"),
    ("remote: Pushing over HTTP is not allowed." + DENIED, Blocked, "protocol"),
]  # fmt: skip

OTHERS = [
    (
        "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
        Blocked,
        "GIT_BRANCH",
    ),
    ("TF401027: You need the Git 'GenericContribute' permission to perform this action.", Blocked, PUSH_RIGHT),
    (
        (
            "TF401028: The reference 'refs/heads/main' has already been updated by another client, so you "
            "cannot update it. Please try again."
        ),
        Rejected,
        "pushed first",
    ),
    ("VS403654: The push was rejected because it contains one or more secrets.", Blocked, "secret"),
]
SAID = [
    *GITHUB,
    *GITLAB,
    *[(f"{BANG}({said})", error, word) for said, error, word in OTHERS],
    (("remote: TF401019: The Git repository with name or identifier data does not exist or you do not have permissions "
     "for the operation you are attempting.\nfatal: repository 'https://git.example.com/t.git/' not found"), Blocked,
     "GIT_REPO"),
    (("remote: TF400813: The user '' is not authorized to access this resource.\n"
     "fatal: Authentication failed for 'https://git.example.com/t.git/'"), Blocked, "GIT_PAT_TOKEN"),
    ("remote: Branch refs/heads/main can only be modified through pull requests." + HOOK, Blocked, PROTECTED),
    (("remote: Bitbucket Cloud recently stopped supporting account passwords for Git authentication.\n"
     "fatal: Authentication failed for 'https://git.example.com/t.git/'"), Blocked, "GIT_PAT_TOKEN"),
    ("remote: Your credentials lack one or more required privilege scopes." + DENIED, Blocked, "scope"),
    ("remote: Gitea: Not allowed to push to protected branch main" + HOOK, Blocked, PROTECTED),
    ("remote: mirror repository is read-only" + DENIED, Blocked, "writable"),
    ("remote: This repo is archived. You can view files and clone it, but cannot push or open issues/pull-requests."
     + DENIED, Blocked, "archived"),
    ("remote: User permission denied for writing." + DENIED, Blocked, PUSH_RIGHT),
    (BANG + "(prohibited by Gerrit: not permitted: update)", Blocked, PROTECTED),
    ("remote: ERROR: commit 1a2b: missing Change-Id in message footer\n" + BANG + "(missing Change-Id)", Blocked,
     "message"),
    # Git's own server.
    (LOCK + "is at 1a but expected 2b\n" + BANG + "(failed to update ref)", Rejected, "pushed first"),
    (LOCK + "Unable to create '/srv/t.git/./refs/heads/main.lock': File exists.\n" + BANG + "(failed to update ref)",
     Transient, "left the lock"),
    (LOCK + "Unable to create '/srv/t.git/./refs/heads/main.lock': Permission denied\n" + BANG
     + "(failed to update ref)", Blocked, "can't be written on Git's server"),
    ("remote: error: insufficient permission for adding an object to repository database ./objects\n" + BANG
     + "(unpacker error)", Blocked, "can't be written on Git's server"),
    ("remote: fatal: write error: No space left on device\nerror: remote unpack failed: index-pack failed", Blocked,
     "server is full"),
    ("fatal: detected dubious ownership in repository at '/srv/t.git'" + READ, Blocked, "safe.directory"),
    ("remote: fatal: pack exceeds maximum allowed size (4.00 MiB)\n" + BANG + "(unpacker error)", Blocked,
     "receive.maxInputSize"),
    ("error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413", Blocked, "client_max_body_size"),
    # No git at the other end.
    (("fatal: unable to update url base from redirection:\n  asked for: https://git.example.com/t.git/info/refs\n"
     "   redirect: https://git.example.com/users/sign_in"), Blocked, "login page"),
    ("fatal: https://git.example.com/t.git/info/refs not valid: is this a git repository?", Blocked, "login page"),
    ("fatal: protocol error: bad line length character: <htm", Blocked, "login page"),
    # The way there.
    (X + "Could not resolve host: git.example.com", Transient, "DNS"),
    (X + "Could not resolve proxy: proxy", Transient, "HTTPS_PROXY"),
    (X + "Received HTTP code 407 from proxy after CONNECT", Blocked, "HTTPS_PROXY"),
    (X + "Received HTTP code 403 from proxy after CONNECT", Blocked, "NO_PROXY"),
    (X + "Failed to connect to git.example.com port 443: Connection refused", Transient, "can't be reached"),
    (X + "Operation too slow. Less than 1 bytes/sec transferred the last 10 seconds", Transient, "can't be reached"),
    (X + "SSL certificate problem: unable to get local issuer certificate", Blocked, "GIT_SSL_CAINFO"),
    (X + "SSL certificate problem: certificate has expired", Blocked, "out of date"),
    (X + "SSL: no alternative certificate subject name matches target host name 'git.example.com'", Blocked,
     "another name"),
    (X + "error setting certificate file: /etc/ca.pem", Blocked, "GIT_SSL_CAINFO"),
    (X + "gnutls_handshake() failed: The TLS connection was non-properly terminated.", Transient, "https"),
    (X + "The requested URL returned error: 503", Transient, "busy"),
    ("ssh: connect to host x port 22: Connection timed out" + READ, Transient, "can't be reached"),
    ("kex_exchange_identification: Connection closed by remote host" + READ, Transient, "can't be reached"),
    ("Unable to negotiate with x port 22: no matching host key type found. Their offer: ssh-rsa" + READ, Blocked,
     "in common"),
    ("git@x: Permission denied (publickey)." + READ, Blocked, "GIT_SSH_KEY_FILE"),
    ("Host key verification failed." + READ, Blocked, "GIT_SSH_KNOWN_HOSTS_FILE"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected", "word"), SAID)
def test_the_hint_names_the_cause_and_the_setting(said: str, expected: type[SyncError], word: str) -> None:
    found = classify(said, "push")
    assert type(found) is expected
    assert word in found.hint


@pytest.mark.parametrize("row", [*OURS, *FORGES, *SERVERS], ids=lambda row: row.pattern[:30])
def test_every_row_has_a_hint(row: Row) -> None:
    assert row.hint


@pytest.mark.parametrize("name", ["archived", "protected-branch", "saml-sso", "mirror"])
def test_a_repositorys_name_is_no_reason(name: str) -> None:
    said = f"To https://git.example.com/{name}.git\n!\t1a2b:refs/heads/{name}\t[rejected] (fetch first)\nDone"
    assert type(classify(said, "push")) is Rejected
    missing = f"fatal: '/srv/{name}.git' does not appear to be a git repository"
    assert "GIT_REPO" in classify(missing, "ls-remote").hint
