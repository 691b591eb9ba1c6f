"""Text of annotators in a commit message, written so that no forge takes it for an order.

Forges and their integrations read messages: `[skip ci]` stops a build, `fixes #1` closes an issue, `@everyone` notifies
people, `team/repo#1` and `ABC-12` leave a note elsewhere. They look for ASCII; its full-width form reads the same.

https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs,
https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue,
https://docs.gitlab.com/user/markdown/#gitlab-specific-references, https://docs.gitlab.com/ci/pipelines/#skip-a-pipeline,
https://learn.microsoft.com/en-us/azure/devops/pipelines/repos/azure-repos-git,
https://support.atlassian.com/jira-software-cloud/docs/process-issues-with-smart-commits/
"""

from __future__ import annotations

import re
import string

_FULL_WIDTH = str.maketrans({each: chr(ord(each) + 0xFEE0) for each in string.punctuation})
_CLOSING = r"(?:clos|fix|resolv|implement|complet)(?:e|es|ed|s|ing)?"
_ORDER = re.compile(
    rf"""
    [\[\]]                                                  # [skip ci], [sc-12], a link of Markdown
    | \*\*+                                                 # ***NO_CI***
    | \#(?=\w)                                              # #1, team/repo#1, AB#1, #close
    | [!&$%~^](?=\d)                                        # GitLab's !12, &3
    | (?<![A-Za-z0-9_])@(?=[\w{{"])                         # @ann, but not ann@example.com
    | @(?=(?:all|channel|everyone|here)(?![\w.-]))
    | :(?=//)                                               # the address of an issue
    | \bskip-checks\s*:
    | \bg[hl]-(?=\d)                                        # GitHub's GH-1, GitLab's GL-1
    | (?-i:(?<![A-Za-z0-9_])[A-Z][A-Z0-9_]+-)(?=\d)         # a key of Jira, Linear, YouTrack
    | \b{_CLOSING}[\s:]+[a-z]\w*-(?=\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def harmless(text: str) -> str:
    """Return `text`, as long as it was, with the signs of whatever a forge may obey in full width.

    >>> harmless("[skip ci] fixes #1 @everyone"), harmless("C#, 50 %, ann@example.com")
    ('［skip ci］ fixes ＃1 ＠everyone', 'C#, 50 %, ann@example.com')
    """  # noqa: RUF002 - these are the full-width forms
    return _ORDER.sub(lambda order: order[0].translate(_FULL_WIDTH), text)
