"""A commit's message as the team's rules want it: a prefix before its first line, a sign-off behind its trailers.

https://git-scm.com/docs/git-commit (`--signoff`), https://developercertificate.org
"""

from __future__ import annotations

from dvc_sync_s3.git.model import MessageRules


def prefixed(line: str, rules: MessageRules) -> str:
    """Return a commit's first line, or a merge request's title, with the team's prefix.

    >>> prefixed("annotations: 1 added", MessageRules("chore(data):"))
    'chore(data): annotations: 1 added'
    """
    gap = "" if not rules.prefix or rules.prefix[-1].isspace() else " "
    return f"{rules.prefix}{gap}{line}"


def by_rules(message: str, rules: MessageRules, committer: str) -> str:
    r"""Return `message`, whose last paragraph is its trailers, as the rules want it; `committer` as `Name <email>`.

    >>> by_rules("remove it\n\nDvc-Sync-Seq: 12\n", MessageRules(signs_off=True), "Bot <bot@example.com>")
    'remove it\n\nDvc-Sync-Seq: 12\nSigned-off-by: Bot <bot@example.com>\n'
    """
    told = prefixed(message, rules)
    if not rules.signs_off:
        return told
    return f"{told.rstrip()}\nSigned-off-by: {committer}\n"
