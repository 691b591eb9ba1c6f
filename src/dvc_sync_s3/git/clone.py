"""A private clone of the team's branch: shallow, without data, thrown away whenever in doubt.

It has no index and no work tree of Git's, so that filters, hooks and line endings never touch what we commit: files
are read from and written to Git's objects. The few files that other tools need on disk are written out beside them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.building import Change, Made
from dvc_sync_s3.git.command import FETCH, Git, NoAnswer
from dvc_sync_s3.git.committing import Committer
from dvc_sync_s3.git.failures import CloneBroken
from dvc_sync_s3.git.files import Entry, Files, Sort, blob_id, object_format, parse_listing
from dvc_sync_s3.git.heads import Heads, branches, nearest, parse_heads
from dvc_sync_s3.git.history import History
from dvc_sync_s3.git.merge_request import push_options
from dvc_sync_s3.git.message_rules import prefixed
from dvc_sync_s3.git.model import Author, Proposing, Repository, Tip
from dvc_sync_s3.git.partial_checkout import PartialCheckout
from dvc_sync_s3.git.place import Place
from dvc_sync_s3.git.side_branch import SIDE, TARGET, Base, choose, read_fork

_TIP = "refs/dvc-sync/tip"
_MOVES_BETWEEN_COLLECTIONS = 20
_FIRST_ANSWER_S = 10.0


class Clone:
    """The team's branch as it is on the server, for one user: us.

    `paths` are written to `folder` at each refresh. Every method raises Transient or Blocked; a clone found broken
    on the way is built again by the next refresh. So is one that another process left: git waits for no disk, and in
    a clone without blobs a commit that a power cut spoiled makes git call itself without end.
    """

    def __init__(
        self,
        folder: Path,
        repository: Repository,
        paths: tuple[str, ...],
        *,
        environ: Mapping[str, str] = os.environ,
        timeout_s: float = 120.0,
    ) -> None:
        self.folder = folder
        self._repository = repository
        self._paths = paths
        self._place = Place(folder)
        self._git = Git(self._place.git_folder, repository, environ, timeout_s)
        self._answer_s = min(_FIRST_ANSWER_S, timeout_s)
        self._timeout_s = timeout_s
        self._is_ours = False
        self._object_format = "sha1"
        """That of the server's ids, which only an answer of it tells."""
        self._is_meant = False
        """Whether a branch that isn't there is to be made: its name is like no other one's."""
        self._tip = ""
        """The commit that was found last; empty if there is none yet."""
        self.others_tip = ""
        """The newest commit with what others did: the tip, or what our own newest commits were built on."""
        self._moves = 0
        self._files = Files(self._run)
        self._history = History(self._text, self._is_shallow)
        self._made = _NOTHING
        self._committer = Committer(self._run, repository.signing, repository.message_rules)
        self._side: str | None = None
        self._compared: tuple[str, str] | None = None
        self._base = Base.TARGET

    def refresh(self) -> Tip:
        """Make the clone equal to the server's branch and return its tip; fetch nothing if the branch hasn't moved.

        Starts from the server's default branch if it has no such branch, and raises Blocked if it has neither.
        """
        set_aside = self._place.set_aside_foreign()
        self._place.remove_leftovers()
        if not (self._is_ours and self._place.holds(self._repository.url)):
            self._build()
        try:
            tip = self._follow()
        except CloneBroken:
            self._build()
            tip = self._follow()
        return replace(tip, set_aside=set_aside)

    def read(self, path: str) -> bytes | None:
        """Return the bytes of `path` at the tip, None if it isn't there or no regular file."""
        return self._files.read(path)

    def sorts(self, paths: Iterable[str]) -> Mapping[str, Sort | None]:
        """Return what Git has at each of `paths` at the tip, None for nothing."""
        asked = tuple(paths)
        self._files.look_up(asked)
        return {path: self._files.sort(path) for path in asked}

    def entries(self) -> Mapping[str, Entry]:
        """Return every entry of the tip but folders, by path."""
        return parse_listing(self._run("ls-tree", "-r", "-z", "--full-tree", self._tip))

    def checkout(self, folder: Path) -> PartialCheckout:
        """Return a checkout into `folder`, empty yet."""
        return PartialCheckout(folder, self._run)

    def position(self, instance: str) -> int | None:
        """Return the highest seq that the branch's commits carry for `instance`, None if there is none."""
        return self._history.position(instance)

    def contains(self, commit: str) -> bool:
        """Tell whether the branch, as last refreshed, contains `commit` (among its newest 10,000 commits)."""
        return self._history.contains(commit)

    def commit(self, files: Mapping[str, bytes | None], message: str) -> str:
        """Build a commit on the tip that changes only `files` (path: content, None to remove), and return its id."""
        self._files.look_up(files)
        changes = [Change(path, self._files.mode(path), content) for path, content in files.items()]
        commit = self._committer.commit(self._tip, changes, message)
        self._made = Made(commit, self._tip, dict(files), message)
        return commit

    @property
    def prefix_characters(self) -> int:
        """Return how much of a message's first line the team's prefix takes."""
        return len(prefixed("", self._repository.message_rules))

    def push(self, commit: str) -> None:
        """Make `commit` the tip on the server, creating the branch if need be; raise Rejected if it moved.

        With a side branch that is the one, and what is on it must be what the last refresh saw there.
        """
        proposing = self._repository.proposing
        if proposing is None:
            self._run("push", "--porcelain", "--no-verify", "origin", f"{commit}:{self._branch}")
            return
        side = f"refs/heads/{proposing.side_branch}"
        lease = f"--force-with-lease={side}:{self._side or ''}"
        options = push_options(self._repository, proposing, self._side)
        self._run("push", "--porcelain", "--no-verify", lease, *options, "origin", f"{commit}:{side}")

    def proper(self, people: Sequence[Author]) -> tuple[Author, ...]:
        """Return how the repository's mailmap wants `people` to be named: themselves, if there is none."""
        if self._repository.mailmap is None or not people:
            return tuple(people)
        asked = "".join(f"{who.name} <{who.email}>\n" for who in people)
        lines = self._run("check-mailmap", "--stdin", stdin=asked.encode()).decode(errors="replace").splitlines()
        answers = (line.rpartition(" <") for line in lines)
        return tuple(Author(name, email.removesuffix(">")) for name, _, email in answers)

    @property
    def _branch(self) -> str:
        return f"refs/heads/{self._repository.branch}"

    def _build(self) -> None:
        self._place.empty()
        self._git.require_version()
        hashed = f"--object-format={self._object_format}"
        self._run("init", "--quiet", "--bare", hashed, "--template=", "--initial-branch=dvc-sync")
        self._place.spread_objects()
        self._place.mark(self._repository.url)
        self._is_ours = True
        self._compared = None
        self._made = _NOTHING
        self._move("")

    def _follow(self) -> Tip:
        heads = self._heads()
        source = self._branch if self._branch in heads.commits else "HEAD"
        commit, awaits_merge = heads.commits[source], False
        if object_format(commit) != self._object_format:
            self._object_format = object_format(commit)
            self._build()
        if self._repository.proposing is not None:
            commit, awaits_merge = self._beside(heads, self._repository.proposing)
        if commit != self._tip:
            self._move(self._bring(source, commit))
        self._write_out()
        return Tip(self._tip, heads.default_name if source == "HEAD" else None, awaits_merge)

    def _bring(self, source: str, commit: str) -> str:
        """Let a ref hold `commit`, or what `source` has become since; return which."""
        if commit == self._made.commit:  # its own ref does, and what is built on it next will have it as a parent
            self._moves += 1
            if self._moves % _MOVES_BETWEEN_COLLECTIONS == 1:
                self._run("gc", "--auto", "--quiet")  # a fetch does it by itself, but those who only push never fetch
            return commit
        known = self._refs()
        if commit in known.values():
            self._run("update-ref", _TIP, commit)
            return commit
        depth = () if _TIP in known else ("--depth=1",)
        self._run("fetch", *FETCH, "--filter=blob:none", *depth, "origin", f"+{source}:{_TIP}")
        return self._text("rev-parse", "--verify", _TIP)

    def _move(self, commit: str) -> None:
        """Be at `commit`; none if it is empty."""
        made = self._made
        self._files.move(commit, made.parent, made.files if commit == made.commit else None)
        self._history.move(commit, made)
        if not (made.commit == commit and made.parent == self._tip):
            self.others_tip = commit
        self._tip = commit

    def _beside(self, heads: Heads, proposing: Proposing) -> tuple[str, bool]:
        """Return the commit to build on, and whether it is the side branch's."""
        side = f"refs/heads/{proposing.side_branch}"
        if self._branch not in heads.commits:
            raise Blocked(
                f"{self._repository.url} has no branch {self._repository.branch} to merge into",
                hint="Set GIT_BRANCH to the branch that merge requests are for.",
            )
        target, self._side = heads.commits[self._branch], heads.commits.get(side)
        if self._side is None or self._side == target:
            return target, False
        if (target, self._side) != self._compared:
            depth = () if TARGET in self._refs() else ("--depth=1",)
            wanted = (f"+{self._branch}:{TARGET}", f"+{side}:{SIDE}")
            self._run("fetch", *FETCH, "--filter=blob:none", *depth, "origin", *wanted)
            self._base = choose(read_fork(self._text, self._is_shallow))
            self._compared = target, self._side
        return (self._side, True) if self._base is Base.SIDE else (target, False)

    def _heads(self) -> Heads:
        """Return the server's branches; raises Blocked if it has nothing to build on, or our branch was renamed."""
        proposing = self._repository.proposing
        names = [self._branch, *([f"refs/heads/{proposing.side_branch}"] if proposing else [])]
        heads = parse_heads(self._ask("--symref", "origin", "HEAD", *names))
        branch, url = self._repository.branch, self._repository.url
        if self._branch in heads.commits:
            if heads.default == self._branch:
                self._place.note_default(url, branch)
        elif heads.of_default is None:
            raise Blocked(
                f"{url} has no branch {branch} and no default branch with a commit",
                hint="In an empty repository run `git init`, `dvc init`, commit and push; else check GIT_BRANCH.",
            )
        elif self._place.was_default(url, branch):
            now = (heads.default or "another").removeprefix("refs/heads/")
            raise Blocked(
                f"the branch {branch}, which was the default one, is gone; now that is {now}",
                hint=f"If it was renamed set GIT_BRANCH={now}; if it was deleted by mistake push it again.",
            )
        elif proposing is None:
            self._refuse_misspelt(heads.default_name)
        return heads

    def _refuse_misspelt(self, default: str) -> None:
        """Raise Blocked if the branch is to be made, but its name is nearly that of another one; asked once."""
        if self._is_meant:
            return
        branch = self._repository.branch
        if (meant := nearest(branch, branches(self._ask("--heads", "origin")))) is not None:
            raise Blocked(
                f"the repository has no branch {branch}: is {meant} meant?",
                hint=f"Set GIT_BRANCH={meant}; or, if a new branch is meant, make it yourself: "
                f"git push origin origin/{default}:refs/heads/{branch}",
            )
        self._is_meant = True

    def _refs(self) -> dict[str, str]:
        lines = self._text("for-each-ref", "--format=%(refname) %(objectname)", "refs/dvc-sync/").splitlines()
        return {name: commit for name, _, commit in (line.partition(" ") for line in lines)}

    def _write_out(self) -> None:
        self._files.look_up(self._paths)
        for path in self._paths:
            file, entry = self.folder / path, self._files.entry(path)
            if entry is None:
                file.unlink(missing_ok=True)
            elif not file.is_file() or blob_id(file.read_bytes(), entry.blob) != entry.blob:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(self._files.read(path) or b"")

    def _is_shallow(self) -> bool:
        return (self._place.git_folder / "shallow").exists()

    def _ask(self, *arguments: str) -> str:
        """Return what the server says of its branches; after a silence that was told, it gets more time."""
        try:
            return self._git.run("ls-remote", *arguments, timeout_s=self._answer_s).decode(errors="replace").strip()
        except NoAnswer:
            self._answer_s = self._timeout_s
            raise

    def _text(self, *arguments: str, stdin: bytes = b"") -> str:
        return self._run(*arguments, stdin=stdin).decode(errors="replace").strip()

    def _run(self, *arguments: str, stdin: bytes = b"", work_tree: Path | None = None) -> bytes:
        try:
            return self._git.run(*arguments, stdin=stdin, work_tree=work_tree)
        except CloneBroken:
            self._place.mark("")
            raise


_NOTHING = Made("", "", {}, "")
