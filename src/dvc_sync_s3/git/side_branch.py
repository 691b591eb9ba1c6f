"""Where the next commit goes when the branch takes merge requests only: onto the open one, or onto the branch.

The side branch is an ordinary branch of ours. Once it is merged it is begun anew; while it is open it grows. It is
replaced only if nothing of anybody else is on it, and never without Git's own comparison of what was there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.trailers import INSTANCE

TARGET = "refs/dvc-sync/target"
SIDE = "refs/dvc-sync/side"
_DEEPENINGS = ("--deepen=50", "--deepen=500", "--unshallow")

RunGit = Callable[..., str]
"""Runs git in the clone: arguments in, what it prints out."""


class Base(StrEnum):
    """What the next commit is built on."""

    TARGET = "target"
    SIDE = "side"


@dataclass(frozen=True, slots=True)
class Fork:
    """How the side branch and its target differ since they parted."""

    is_ancestor: bool
    """The target contains the side branch."""
    side_paths: frozenset[str] = frozenset()
    target_paths: frozenset[str] = frozenset()
    differing: frozenset[str] = frozenset()
    """Those of `side_paths` that aren't alike in both now."""
    others: int = 0
    """How many commits on the side branch aren't ours; merges don't count, they hold what the target has."""


def choose(fork: Fork) -> Base:
    """Return what to build on; raises Blocked if a person has to bring the two together.

    Building on the target means that what isn't in it yet is synced again, into it as it is now: record by record.
    """
    if fork.is_ancestor or (fork.side_paths and not fork.differing):
        return Base.TARGET
    if not fork.side_paths & fork.target_paths:
        return Base.SIDE
    if fork.others:
        shared = ", ".join(sorted(fork.side_paths & fork.target_paths)[:3])
        raise Blocked(
            f"the merge request's branch and its target both changed {shared}, and others pushed to the former",
            hint="Merge the target into that branch and push, or merge or delete the branch; take either .dvc file.",
        )
    return Base.TARGET


def read_fork(run: RunGit, is_shallow: Callable[[], bool]) -> Fork:
    """Compare the fetched refs; fetches history, commits only, until the two meet."""
    base = _merge_base(run)
    for deepening in _DEEPENINGS:
        if base or not is_shallow():
            break
        run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=tree:0", deepening, *_both(run))
        base = _merge_base(run)
    side, target = run("rev-parse", SIDE), run("rev-parse", TARGET)
    if base == side:
        return Fork(is_ancestor=True)
    side_paths = _changed(run, base or target, side)
    differing = _changed(run, target, side) & side_paths
    target_paths = _changed(run, base or target, target)
    return Fork(
        is_ancestor=False,
        side_paths=side_paths,
        target_paths=target_paths,
        differing=differing,
        others=_others(run),
    )


def _both(run: RunGit) -> Collection[str]:
    return ("origin", run("rev-parse", SIDE), run("rev-parse", TARGET))


def _merge_base(run: RunGit) -> str:
    return run("merge-base", TARGET, SIDE)


def _changed(run: RunGit, before: str, after: str) -> frozenset[str]:
    listing = run("diff-tree", "-r", "-z", "--name-only", "--no-renames", before, after)
    return frozenset(path for path in listing.split("\0") if path)


def _others(run: RunGit) -> int:
    messages = run("log", "--no-merges", "--format=%B%x00", f"{TARGET}..{SIDE}").split("\0")
    return sum(f"{INSTANCE}: " not in message for message in messages if message.strip())
