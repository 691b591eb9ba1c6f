"""Make a commit as the user's Git would: with its names, and signed where it signs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dvc_sync_s3.git.building import MADE, Change, Identities, import_stream
from dvc_sync_s3.git.message_rules import by_rules
from dvc_sync_s3.git.model import MessageRules, Signing

_IMPORT = ("fast-import", "--quiet", "--force", "--done", "--date-format=now")

RunGit = Callable[..., bytes]
"""Runs git in the clone: arguments and standard input in, what it prints out."""


class Committer:
    """Build commits in the clone. Raises Transient or Blocked."""

    def __init__(self, run: RunGit, signing: Signing, rules: MessageRules) -> None:
        self._run = run
        self._rules = rules
        self._signs = signing.is_wanted
        self._by: Identities | None = None

    def commit(self, parent: str, changes: Sequence[Change], message: str) -> str:
        """Build a commit on `parent` with these changes, let the ref `MADE` hold it, and return its id.

        Its message is `message` as the team's rules want it.
        """
        told = by_rules(message, self._rules, self._identities().committer)
        commit = self._text(*_IMPORT, stdin=import_stream(parent, self._identities(), told, changes))
        if self._is_signing():
            arguments = ("commit-tree", "--gpg-sign", "-p", parent, "-F", "-", f"{commit}^{{tree}}")
            commit = self._text(*arguments, stdin=told.encode())
            self._run("update-ref", MADE, commit)
        return commit

    def _is_signing(self) -> bool:
        """Tell whether commits are to be signed: neither fast-import nor commit-tree heeds commit.gpgSign by itself."""
        if self._signs is None:
            asked = ("config", "--type=bool", "--default=false", "--get", "commit.gpgSign")
            self._signs = self._text(*asked) == "true"
        return self._signs

    def _identities(self) -> Identities:
        """Return who commits, as Git cleans their names."""
        if self._by is None:
            author, committer = (self._text("var", f"GIT_{role}_IDENT") for role in ("AUTHOR", "COMMITTER"))
            self._by = Identities(author.rsplit(" ", 2)[0], committer.rsplit(" ", 2)[0])
        return self._by

    def _text(self, *arguments: str, stdin: bytes = b"") -> str:
        return self._run(*arguments, stdin=stdin).decode(errors="replace").strip()
