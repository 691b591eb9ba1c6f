"""A dataset that mirrors the bucket: our cycle and a data scientist with Git and DVC, on the real parts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from dvc_sync_s3.app.worker import build_cycle
from dvc_sync_s3.dataset.layouts.mirror import MirrorFolder
from dvc_sync_s3.dataset.model import OnConflict
from dvc_sync_s3.dataset.selection import EVERYTHING, Selection
from dvc_sync_s3.dvc.listing import Listing
from dvc_sync_s3.dvc.pointer import read_pointer, write_pointer
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.settings import Settings
from dvc_sync_s3.sync.copies import Copies
from dvc_sync_s3.sync.cycle import Cycle, Step
from dvc_sync_s3.sync.finding import Becomes
from dvc_sync_s3.sync.mirror import Mirror
from dvc_sync_s3.sync.skipped import newest_skipped
from tests.contract.sync.conftest import Bridge, OpenBridge, Team, annotation

FOLDER = "data/bucket"
EXPORT = {
    "job 7/annotations.xml": b"<annotations/>",
    "job 7/images/\u00e4 b\u00e4r.png": b"\x89PNG\x00\xff",
    "job 7/images/deep/2.png": b"",
    "readme": b"hello",
}


def mirroring(bridge: Bridge, selection: Selection = EVERYTHING, on_conflict: OnConflict = OnConflict.OURS) -> None:
    """Start the bridge again as a mirror."""
    before = bridge.cycle
    bridge.ledger.select(selection, Becomes.MIRROR)
    copies = Copies(bridge.store, selection, before._dataset.contents)
    kind = Mirror(copies, MirrorFolder(), before._dataset, bridge.ledger, on_conflict)
    bridge.cycle = Cycle(kind, before._clone, before._dataset, bridge.ledger, bridge.steps.append)


@pytest.fixture
def mirror(open_bridge: OpenBridge) -> Bridge:
    bridge = open_bridge("bridge", FOLDER)
    mirroring(bridge)
    return bridge


def stored(team: Team, md5: str) -> Path:
    return team.playground.remote / "files" / "md5" / md5[:2] / md5[2:]


def files(team: Team) -> dict[str, bytes]:
    """The bucket's files as the branch and the remote have them, without DVC's commands, which take seconds."""
    team.run("git", "pull", "--quiet", "--rebase")
    pointer = read_pointer((team.folder / f"{FOLDER}.dvc").read_bytes(), FOLDER)
    listing = Listing.parse(stored(team, pointer.md5).read_bytes())
    found = {relpath: stored(team, md5).read_bytes() for relpath, md5 in listing}
    assert (pointer.size, pointer.nfiles) == (sum(map(len, found.values())), len(found))
    return {relpath.removeprefix("annotations/"): content for relpath, content in found.items()}


def share(team: Team, contents: Mapping[str, bytes]) -> None:
    """Do what a data scientist's `dvc add`, `dvc push` and `git push` of these files of the bucket do."""
    team.run("git", "pull", "--quiet", "--rebase")
    listing = Listing()
    for key, content in contents.items():
        listing.put(f"annotations/{key}", put(team, content))
    md5 = put(team, bytes(listing.content()), ".dir")
    pointer = team.folder / f"{FOLDER}.dvc"
    size, before = sum(map(len, contents.values())), pointer.read_bytes()
    pointer.write_bytes(write_pointer(before, FOLDER, md5, size, len(contents)))
    team.push_files("dataset: by hand")


def put(team: Team, content: bytes, suffix: str = "") -> str:
    md5 = hashlib.md5(content).hexdigest() + suffix
    stored(team, md5).parent.mkdir(parents=True, exist_ok=True)
    stored(team, md5).unlink(missing_ok=True)
    stored(team, md5).write_bytes(content)
    return md5


def test_a_data_scientists_dvc_pulls_the_bucket_byte_by_byte(mirror: Bridge, team: Team) -> None:
    for key, content in EXPORT.items():
        mirror.put(key, content)
    mirror.sync()
    assert team.body().startswith("files: 4 added\n")
    team.run("git", "pull", "--quiet", "--rebase")
    team.dvc("pull", "--quiet")
    root = team.folder / FOLDER / "annotations"
    pulled = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert pulled == EXPORT
    assert team.dvc("status", "--json").strip() == "{}"
    team.dvc("add", "--quiet", FOLDER)  # would write the listing and the .dvc file as they are
    assert team.run("git", "status", "--porcelain") == ""


def test_what_a_data_scientist_adds_and_changes_by_dvc_stays(mirror: Bridge, team: Team) -> None:
    for key, content in EXPORT.items():
        mirror.put(key, content)
    mirror.sync()
    team.run("git", "pull", "--quiet", "--rebase")
    team.dvc("pull", "--quiet")
    folder = team.folder / FOLDER
    (folder / "notes.md").write_bytes(b"theirs")
    (folder / "annotations/readme").unlink()
    (folder / "annotations/readme").write_bytes(b"better")
    team.dvc("add", "--quiet", FOLDER)
    team.dvc("push", "--quiet", f"{FOLDER}.dvc")
    team.push_files("dataset: by hand")
    mirror.put("job 8/annotations.xml", b"<more/>")
    mirror.put("readme", b"hello")  # as it was: nobody changed it on our side
    mirror.sync()
    assert files(team) == EXPORT | {"notes.md": b"theirs", "readme": b"better", "job 8/annotations.xml": b"<more/>"}
    assert team.body().startswith("files: 1 added\n")


def test_objects_that_are_replaced_and_deleted_are_so_on_the_branch(mirror: Bridge, team: Team) -> None:
    for key in ("a", "b", "c"):
        mirror.put(key, key.encode())
    mirror.sync()
    mirror.put("a", b"new a")
    mirror.delete("b")
    mirror.put("d", b"c")  # content that is there already under another name
    mirror.sync()
    assert files(team) == {"a": b"new a", "c": b"c", "d": b"c"}
    assert team.body().startswith("files: 1 added, 1 changed, 1 removed\n")


def test_unchanged_content_makes_no_commit(mirror: Bridge, team: Team) -> None:
    mirror.put("a", b"a")
    mirror.sync()
    head = team.head()
    mirror.put("a", b"a")
    mirror.put("passing", b"by")
    mirror.delete("passing")
    assert mirror.sync().commit is None
    assert team.head() == head
    assert mirror.store.waiting(mirror.ledger.synced_seq).count == 0


def test_a_deleted_file_stays_deleted_until_its_object_changes(mirror: Bridge, team: Team) -> None:
    for key in ("a", "b"):
        mirror.put(key, b"1")
    mirror.sync()
    share(team, {"b": b"1"})
    mirror.put("a", b"1")
    mirror.put("b", b"2")
    mirror.sync()
    assert files(team) == {"b": b"2"}
    mirror.put("a", b"2")
    mirror.sync()
    assert files(team) == {"a": b"2", "b": b"2"}
    assert "- annotations/a" in team.body()


@pytest.mark.parametrize(
    ("rule", "at_once", "later", "says"),
    [
        (OnConflict.OURS, {"a": b"2", "c": b"c"}, b"3", "the bucket's version stands"),
        (OnConflict.THEIRS, {"a": b"theirs", "b": b"theirs", "c": b"c"}, b"3", "the data scientists' version stands"),
    ],
)
def test_a_conflict_is_decided_once_and_by_the_rule(
    mirror: Bridge, team: Team, rule: OnConflict, at_once: dict[str, bytes], later: bytes, says: str
) -> None:
    mirroring(mirror, on_conflict=rule)
    for key in ("a", "b"):
        mirror.put(key, b"1")
    mirror.sync()
    share(team, {"a": b"theirs", "b": b"theirs"})
    mirror.put("a", b"2")
    mirror.delete("b")
    mirror.put("c", b"c")
    mirror.sync()
    assert files(team) == at_once
    told = next(part for part in team.body().split("\n\n") if part.startswith("Changed on both sides"))
    assert says in told
    assert "- annotations/a\n- annotations/b" in told
    mirror.put("a", b"2")
    mirror.sync()
    assert files(team) == at_once
    mirror.put("a", later)
    mirror.sync()
    assert files(team)["a"] == later
    assert "both sides" not in team.body()


def test_keys_that_no_folder_can_hold_are_skipped_with_the_reason(mirror: Bridge, team: Team) -> None:
    for key in ("a/../b", "a//b", "folder/", "x.dvc", "back\\slash", "a", "a/b", "c/d/e", "c/d", "c"):
        mirror.put(key, key.encode())
    mirror.sync()
    assert files(team) == {"a": b"a", "c/d/e": b"c/d/e"}
    reasons = {each.key: each.reason for each in newest_skipped(mirror.folder, 100)}
    assert reasons.keys() == {"a/../b", "a//b", "folder/", "x.dvc", "back\\slash", "a/b", "c/d", "c"}
    assert "annotations/a is there already" in reasons["a/b"]
    mirror.delete("a")
    mirror.put("a/b", b"now")
    mirror.sync()
    assert files(team) == {"a/b": b"now", "c/d/e": b"c/d/e"}


@pytest.mark.parametrize("step", [Step.WRITTEN, Step.UPLOADED, Step.COMMITTED, Step.WRITTEN_DOWN, Step.PUSHED])
def test_a_crash_at_any_step_loses_nothing(mirror: Bridge, team: Team, step: Step) -> None:
    mirror.put("a", b"1")
    mirror.sync()

    def crash(done: Step) -> None:
        if done is step:
            raise KeyboardInterrupt

    mirror.put("a", b"2")
    mirror.delete("gone")
    mirror.cycle._report = crash
    with pytest.raises(KeyboardInterrupt):
        mirror.sync()
    mirroring(mirror)
    mirror.sync()
    mirror.sync()
    assert files(team) == {"a": b"2"}
    assert len([subject for subject in team.subjects() if subject.startswith("files:")]) == 2


def test_a_branch_that_was_set_back_gets_everything_again(mirror: Bridge, team: Team) -> None:
    mirror.put("a", b"1")
    mirror.put("b", b"1")
    mirror.sync()
    mirror.put("a", b"2")
    mirror.delete("b")
    mirror.sync()
    team.run("git", "pull", "--quiet")
    team.run("git", "reset", "--quiet", "--hard", "HEAD~1")
    team.run("git", "push", "--quiet", "--force")
    mirror.sync()
    assert files(team) == {"a": b"2"}
    assert "both sides" not in team.body()


def test_a_teammate_who_pushes_first_loses_nothing(mirror: Bridge, team: Team) -> None:
    mirror.put("a", b"1")
    mirror.sync()
    mirror.put("b", b"2")
    share(team, {"a": b"1", "theirs": b"theirs"})
    mirror.sync()
    assert files(team) == {"a": b"1", "b": b"2", "theirs": b"theirs"}


def test_only_what_is_in_the_places_is_mirrored(mirror: Bridge, team: Team) -> None:
    mirror.put("exports/1", b"1")
    mirror.put("drafts/1", b"1")
    mirror.sync()
    mirroring(mirror, Selection(("annotations/exports/",)))
    while mirror.store.waiting(mirror.ledger.synced_seq).count:
        mirror.sync()
    assert files(team) == {"exports/1": b"1"}
    assert newest_skipped(mirror.folder, 10) == ()


def test_a_body_of_several_chunks_comes_whole(mirror: Bridge, team: Team) -> None:
    body = bytes(range(256)) * 4 * 4096  # more than one chunk
    mirror.put("large", body)
    mirror.sync()
    assert files(team) == {"large": body}


def test_a_data_folder_stays_what_it_was_synced_as(open_bridge: OpenBridge, team: Team) -> None:
    bridge = open_bridge("bridge", FOLDER)
    bridge.put("86", annotation(86))
    bridge.sync()
    mirroring(bridge)
    bridge.put("87", annotation(87))
    head = team.head()
    with pytest.raises(Blocked, match="synced as records, not as mirror"):
        bridge.sync()
    assert team.head() == head


def test_the_settings_make_a_mirror(tmp_path: Path, team: Team, mirror: Bridge) -> None:
    settings = Settings(
        _env_file=None,
        git_repo=str(team.playground.repository),
        git_folder=tmp_path / "clone",
        s3_data_folder=mirror.folder / "objects",
        dvc_layout="mirror",
        dvc_dataset=FOLDER,
        dataset_include="annotations/exports/",
    )
    mirror.put("exports/1.png", b"\x89PNG")
    mirror.put("86", annotation(86))
    build_cycle(settings, mirror.folder, mirror.ledger, lambda _: None).run()
    assert files(team) == {"exports/1.png": b"\x89PNG"}
