"""Each row of the table in docs/adr/0012-a-side-branch-of-ours.md."""

from __future__ import annotations

import pytest

from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.side_branch import Base, Fork, choose

OURS, CODE = frozenset({"data/data.json.dvc"}), frozenset({"train.py"})


@pytest.mark.parametrize(
    ("fork", "base"),
    [
        (Fork(is_ancestor=True), Base.TARGET),
        (Fork(is_ancestor=False, side_paths=OURS, target_paths=OURS), Base.TARGET),
        (Fork(is_ancestor=False, side_paths=OURS, target_paths=OURS, others=2), Base.TARGET),
        (Fork(is_ancestor=False, side_paths=OURS, target_paths=CODE, differing=OURS), Base.SIDE),
        (Fork(is_ancestor=False, side_paths=OURS, target_paths=CODE, differing=OURS, others=2), Base.SIDE),
        (Fork(is_ancestor=False, side_paths=OURS, differing=OURS), Base.SIDE),
        (Fork(is_ancestor=False, side_paths=OURS, target_paths=OURS | CODE, differing=OURS), Base.TARGET),
    ],
    ids=["merged", "squashed", "squashed with a review", "target elsewhere", "review", "open", "target overtook"],
)
def test_what_the_next_commit_is_built_on(fork: Fork, base: Base) -> None:
    assert choose(fork) is base


def test_others_work_on_both_sides_needs_a_person() -> None:
    fork = Fork(is_ancestor=False, side_paths=OURS, target_paths=OURS, differing=OURS, others=1)
    with pytest.raises(Blocked, match=r"data/data\.json\.dvc") as caught:
        choose(fork)
    assert caught.value.hint
