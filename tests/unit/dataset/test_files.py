"""The merge of files: the whole table, laws, and which keys can be files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.dataset.files import FileContent, FileEdit, merge_files, why_no_path
from dvc_sync_s3.dataset.model import OnConflict, Outcome

A, B, C = (FileContent(digit * 32, int(digit)) for digit in "123")
Version = FileContent | None
OURS, THEIRS = OnConflict.OURS, OnConflict.THEIRS


def merged(before: Version, theirs: Version, ours: Version, rule: OnConflict) -> tuple[Version, Outcome | None, bool]:
    """What the file is afterwards, what the commit says became of it, and whether it names a conflict."""
    branch = {} if theirs is None else {"f": theirs.md5}
    result = merge_files(branch, [FileEdit("f", ours, before)], rule)
    outcome = result.touched[0][0] if result.touched else None
    return result.patch.get("f", theirs), outcome, bool(result.conflicts)


@pytest.mark.parametrize(
    ("before", "theirs", "ours", "by_ours", "by_theirs", "is_conflict"),
    [
        (None, None, None, None, None, False),
        (None, None, A, A, A, False),  # we added it
        (None, A, None, A, A, False),  # they added it
        (None, A, A, A, A, False),  # both added the same
        (None, A, B, B, A, True),  # both added
        (A, A, A, A, A, False),
        (A, A, B, B, B, False),  # we changed it
        (A, A, None, None, None, False),  # we removed it
        (A, B, A, B, B, False),  # they changed it
        (A, None, A, None, None, False),  # they removed it
        (A, B, B, B, B, False),  # both made the same of it
        (A, None, None, None, None, False),  # both removed it
        (A, B, C, C, B, True),  # both changed it
        (A, B, None, None, B, True),  # they changed it, we removed it
        (A, None, B, B, None, True),  # they removed it, we changed it
    ],
)
def test_each_case_of_the_table(
    before: Version, theirs: Version, ours: Version, by_ours: Version, by_theirs: Version, *, is_conflict: bool
) -> None:
    assert merged(before, theirs, ours, OURS)[::2] == (by_ours, is_conflict)
    assert merged(before, theirs, ours, THEIRS)[::2] == (by_theirs, is_conflict)


def test_the_outcome_is_told_as_the_branch_sees_it() -> None:
    assert merged(A, None, B, OURS)[1] is Outcome.ADDED
    assert merged(A, C, B, OURS)[1] is Outcome.CHANGED
    assert merged(A, C, None, OURS)[1] is Outcome.REMOVED
    assert merged(A, C, B, THEIRS)[1] is None


def test_a_version_that_stood_once_is_no_conflict_again() -> None:
    assert merge_files({"f": B.md5}, [FileEdit("f", C, A, B.md5)], THEIRS).conflicts == ()
    assert merge_files({}, [FileEdit("f", C, A, "")], THEIRS).patch == {"f": C}


VERSIONS = st.sampled_from([None, A, B, C])


@given(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(VERSIONS, VERSIONS, VERSIONS)), st.sampled_from([OURS, THEIRS])
)
def test_merging_again_changes_nothing_and_what_one_side_left_alone_is_the_others(
    files: dict[str, tuple[Version, Version, Version]], rule: OnConflict
) -> None:
    branch = {path: theirs.md5 for path, (_, theirs, _) in files.items() if theirs}
    edits = [FileEdit(path, ours, before) for path, (before, _, ours) in files.items()]
    once = merge_files(branch, edits, rule)
    after = {**branch, **{path: content.md5 for path, content in once.patch.items() if content}}
    for path in (path for path, content in once.patch.items() if content is None):
        del after[path]
    for path, (before, theirs, ours) in files.items():
        if theirs == before:
            assert after.get(path) == (ours.md5 if ours else None)
        if ours == before:
            assert after.get(path) == (theirs.md5 if theirs else None)
    synced = [FileEdit(edit.path, edit.ours, edit.ours) for edit in edits]
    assert merge_files(after, synced, rule).patch == {}
    assert {each.path for each in once.conflicts} >= {path for _, path in once.touched if branch.get(path)} - {
        path for path, (before, theirs, _) in files.items() if theirs == before
    }


@pytest.mark.parametrize("key", ["a", "job 7/\u00e4 b.png", "..a/b..", "a.dvcx", "\u00a0/\U0001f600", "x" * 255])
def test_a_key_that_can_be_a_path(key: str) -> None:
    assert why_no_path(key) is None


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "a//b", "./a", "a/..", "a\\b", "a\nb", "\x7f", "x" * 256, ".dvcignore", "a/.git/b", "b.dvc"]
)
def test_a_key_that_can_not_be_a_path_is_told_why(key: str) -> None:
    assert why_no_path(key)
