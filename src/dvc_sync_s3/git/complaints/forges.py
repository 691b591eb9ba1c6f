"""What the rules and the access checks of GitHub, GitLab, Bitbucket, Azure DevOps, Gitea and Gerrit say.

Sources: https://docs.github.com/en/get-started/using-git/troubleshooting-the-2-gb-push-limit and its neighbours,
https://docs.gitlab.com/user/project/repository/push_rules/, GitLab's lib/gitlab/git_access.rb,
https://learn.microsoft.com/azure/devops/repos/git/, Gitea's routers/private/hook_pre_receive.go.
"""

from __future__ import annotations

from dvc_sync_s3.errors import Blocked, Rejected, Transient
from dvc_sync_s3.git.complaints.row import Row

_AUTHOR = (
    "Set GIT_AUTHOR_EMAIL and GIT_AUTHOR_NAME (GIT_COMMITTER_EMAIL and GIT_COMMITTER_NAME for the committer) to what"
    " the rule allows; it may also reject an annotator's address: GIT_CO_AUTHORS=off."
)
_SIGN_OFF = "Set GIT_SIGN_OFF=true; the sign-off is the committer's (GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL)."
_MESSAGE = (
    "Set GIT_COMMIT_PREFIX to what the server's rule wants a message to begin with, or let the rule allow this"
    " service's messages."
)
_SIZE = "Ask who administers the server to raise the limit, or keep large files out of Git: DVC tracks the dataset."
_NO_RIGHT = (
    "Give the token's account the right to push to this repository (GitLab: role Developer or higher; scope"
    " write_repository; GitHub: Contents, read and write), or set another GIT_PAT_TOKEN."
)
_EXPIRED = "Make a new token and set GIT_PAT_TOKEN; an account with 2FA needs a token instead of its password."
_PROTECTED = (
    "The branch is protected: let the service's account push to it, set another GIT_BRANCH, or GIT_MERGE_REQUEST=true."
)
_READ_ONLY = "Make the repository writable again, or set GIT_REPO to the one that the team pushes to."

FORGES = (
    # A race, in the words of Azure DevOps.
    Row(r"already been updated by another client", Rejected, "Someone pushed first; it is made anew by itself."),
    # Who commits, and what a commit says.
    Row(r"GH007|private email address", Blocked,
        "Set GIT_AUTHOR_EMAIL to the account's noreply address, or let the account publish its address."),
    Row(r"(author|committer)( is| '.*' is|'s e?-?mail| e-?mail| identity)"
        r"|(e-?mail address|email) .*(is not registered|not (been )?verified)|(author|comm?itter)[^\n]*not verified"
        r"|cannot push commits for|git username is inconsistent|invalid (author|committer)", Blocked,
        _AUTHOR),
    Row(r"\b(dco|sign-?ed-?off-by|sign-?off)\b", Blocked, _SIGN_OFF),
    Row(r"(commit )?message[^\n]*(pattern|regex|must match|must contain|does not (match|follow)|forbidden pattern)"
        r"|missing change-id|(requires?|references?|linked)[^\n]* (issue|work item)"
        r"|TF402116|jira", Blocked, _MESSAGE),
    Row(r"verified signature|must be signed|unsigned commit|signed commits|not signed", Blocked,
        "The server wants signed commits: set GIT_SIGNING_KEY and make the key known there."),
    # What a push holds.
    Row(r"GH009|push cannot contain secrets|push protection|secrets? (was|were|been)? ?(detected|found)|VS403654",
        Blocked, "The server takes something in the commit (a label, a key's name, a counted choice) for a secret: its"
        " page above says which and how to allow it; DVC_METRICS=false leaves the counts out."),
    Row(r"GH008|unknown git lfs object", Blocked,
        "A file that this commit changes is kept by Git LFS: track the dataset with DVC alone, not with a filter=lfs."),
    Row(r"GH001|large files? detected|file size limit|is larger than the allowed", Blocked, _SIZE),
    Row(r"(repository|project|push)[^\n]*(exceed|over its|over the|above)[^\n]*(limit|quota|size|storage)"
        r"|(quota|storage limits?)( is| was)? (exceeded|reached)|exceeded its (size|storage)|would exceed", Blocked,
        "The repository's quota on the server is used up: free some, or ask who administers it for more."),
    # Names of branches. GH002: forty hexadecimal digits; GH004: longer than 255 bytes.
    Row(r"GH00[24]:|branch name[^\n]*(pattern|match)|cannot create ref due to", Blocked,
        "The server's rules don't allow this branch: set another GIT_BRANCH, or make the branch there yourself."),
    # The repository as a whole.
    Row(r"archived", Blocked, f"The repository is archived. {_READ_ONLY}"),
    Row(r"mirror[^\n]*(read-?only|is not allowed)|(read-?only|pushing to a|push to a)[^\n]* mirror"
        r"|read-only gitlab instance|repository is (in )?read-?only|locked for (migration|import)"
        r"|repository access blocked|repository (has been|is) disabled", Blocked, _READ_ONLY),
    Row(r"temporarily read-only|(maintenance|undergoing maintenance)", Transient,
        "The server is in maintenance; it is tried again by itself."),
    Row(r"fatal error in commit_refs|internal server error|internal api|\(failure\)|API is not accessible"
        r"|push operation timed out|gitaly|deadline exceeded|try again later", Transient,
        "Git's server is in trouble; it is tried again by itself. Its status page may say more."),
    # Who may come in.
    Row(r"saml|\bsso\b|single sign-on", Blocked,
        "The organization enforces SAML SSO: authorize the token (GIT_PAT_TOKEN) or the ssh key for it on the forge."),
    Row(r"ip allow list|ip address[^\n]*not (permitted|allowed)|access forbidden from this ip"
        r"|conditional access|blocked by ip", Blocked,
        "The organization lets only listed IP addresses in: ask its owner to add this machine's."),
    Row(r"deploy key does not have write|denied to deploy key|marked as read.only"
        r"|deploy keys? [^\n]*read.?only|access key[^\n]*read.?only", Blocked,
        "The deploy key may only read: allow it to write where it was added, or set another GIT_SSH_KEY_FILE."),
    Row(r"password authentication (was|is)|support for password|2fa|two-factor|app passwords?|token[^\n]* expired"
        r"|expired[^\n]* token|token[^\n]* revoked|password[^\n]* expired|bad credentials|TF400813"
        r"|invalid (username|user name|credentials)|token is incorrect|account passwords", Blocked, _EXPIRED),
    Row(r"forbids access via|token'?s lifetime|without `?workflow`? scope|lack[^\n]* (privilege )?scopes?"
        r"|insufficient[^\n]*scopes?", Blocked,
        "The organization or the server doesn't accept this kind of token, or a scope is missing: make another one"
        " and set GIT_PAT_TOKEN."),
    Row(r"account (has been|is) (blocked|suspended|deactivated|locked)|account (was|is) not confirmed"
        r"|accept the terms|confirm your|(pushing|pulling|git access) over (http|ssh)[^\n]*not allowed", Blocked,
        "Sign in to the forge as the service's account: it must be active, its terms accepted, and the protocol of"
        " GIT_REPO allowed."),
    # Which branch it may push to. GitLab says "to this project" if the account may push nowhere in it.
    Row(r"GH003|GH006|GH013|TF402455|protected branch|protected ref|pull requests?|merge request"
        r"|rule violations|branch is locked|branch permissions|pushes? to (the |this )?branch|to push to branch"
        r"|prohibited by gerrit|needs? (approval|review)|required status check", Blocked, _PROTECTED),
    Row(r"default branch[^\n]*does not yet exist", Blocked,
        "Let a maintainer make the repository's default branch: `git init`, `dvc init`, commit and push."),
    Row(r"not allowed to (push|upload)|TF401027|write access to repository not granted|permission to .* denied"
        r"|user permission denied|no permission to (push|write)|permission denied for writing"
        r"|do(es)? not have[^\n]*(write|push)[^\n]*(access|permission)|not authorized to push"
        r"|insufficient (permission|privileges)[^\n]*push", Blocked, _NO_RIGHT),
    Row(r"TF401019|TF200016|VS800075|project you were looking for could not be found|repository not found"
        r"|repository for this project does not exist|no such repository|repository .*not found"
        r"|(repository|project)[^\n]* does not exist", Blocked,
        "Check GIT_REPO: the address must be right, and the token (GIT_PAT_TOKEN) or the key must be allowed to see"
        " it."),
    Row(r"does not support push options", Blocked,
        "This server takes no merge requests with a push, as GitLab does: check GIT_HOST_KIND."),
)  # fmt: skip
