"""What the commits behind the tip say: up to which seq they hold an instance's changes, and which commits they are."""

from __future__ import annotations

from collections.abc import Callable

from dvc_sync_s3.git.building import Made
from dvc_sync_s3.git.command import FETCH
from dvc_sync_s3.git.trailers import INSTANCE, highest_seq

_DEEPENINGS = ("--deepen=50", "--deepen=500", "--unshallow")
_NEWEST_OF_OURS = 50
_REMEMBERED_COMMITS = 10_000

RunGit = Callable[..., str]
"""Runs git in the clone: arguments in, what it prints out as text."""


class History:
    """The history of the tip. Every method raises Transient or Blocked."""

    def __init__(self, run: RunGit, is_shallow: Callable[[], bool]) -> None:
        self._run = run
        self._is_shallow = is_shallow
        self._tip = ""
        self._positions: dict[str, int | None] = {}
        """Those that were looked for at the tip, by instance."""

    def move(self, tip: str, made: Made) -> None:
        """Be the history of `tip`; where that is the commit that we `made` on the last one, positions follow."""
        if made.commit == tip and made.parent == self._tip:
            self._positions = {name: made.position(name, seq) for name, seq in self._positions.items()}
        else:
            self._positions.clear()
        self._tip = tip

    def position(self, instance: str) -> int | None:
        """Return the highest seq that the commits carry for `instance`, None if there is none.

        Looks at all parents of merges. The history is fetched in growing steps, commits only, until a seq is found.
        """
        if instance not in self._positions:
            self._positions[instance] = self._look_for_position(instance)
        return self._positions[instance]

    def contains(self, commit: str) -> bool:
        """Tell whether `commit` is the tip or among its newest 10,000 ancestors."""
        if commit == self._tip:
            return True
        known = self._run("rev-list", f"--max-count={_REMEMBERED_COMMITS}", self._tip)
        return commit in known.split()

    def _look_for_position(self, instance: str) -> int | None:
        for deepening in ("", *_DEEPENINGS):
            if deepening:
                self._run("fetch", *FETCH, "--filter=tree:0", deepening, "origin", self._tip)
            seq = self._seq(instance)
            if seq is not None or not self._is_shallow():
                return seq
        return None

    def _seq(self, instance: str) -> int | None:
        pattern = ("--fixed-strings", f"--grep={INSTANCE}: {instance}", f"--max-count={_NEWEST_OF_OURS}")
        messages = self._run("log", "--format=%B%x00", *pattern, self._tip)
        return highest_seq(messages.split("\0"), instance)
