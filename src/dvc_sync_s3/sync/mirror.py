"""A dataset that mirrors the bucket: each object is a file, `<bucket>/<key>`, and they are merged by file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import md5

from dvc_sync_s3.dataset.files import FileContent, FileEdit, MergedFiles, leave_out, merge_files
from dvc_sync_s3.dataset.layouts import Version, Written
from dvc_sync_s3.dataset.layouts.mirror import MirrorFolder, folders_of
from dvc_sync_s3.dataset.model import OnConflict, Outcome, RecordId
from dvc_sync_s3.sync.attempt import TheirsStood
from dvc_sync_s3.sync.copies import Copies
from dvc_sync_s3.sync.finding import Finding, KnownFile, ObjectName
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.message import compose_files
from dvc_sync_s3.sync.plan import Reading, find
from dvc_sync_s3.sync.reading import Bundle
from dvc_sync_s3.sync.tracked import Tracked


@dataclass(frozen=True)
class Mirror:
    """The kind, with the rule and the parts that it needs."""

    copies: Copies
    layout: MirrorFolder
    tracked: Tracked
    ledger: Ledger
    on_conflict: OnConflict = OnConflict.OURS

    def bundle(self, after: int) -> Bundle | None:
        """Return what changed after a position, None if nothing did."""
        return self.copies.bundle(after)

    def again(self, names: Iterable[ObjectName], up_to: int) -> Sequence[Reading]:
        """Read objects once more that were set aside, but those that changed after `up_to`."""
        return self.copies.again(names, up_to)

    def plan(self, bundle: Bundle) -> PlannedFiles:
        """Return what a bundle asks of the folder."""
        findings = tuple(find(reading, self.ledger.older) for reading in bundle.readings)
        known = self.ledger.files([finding.name for finding in findings])
        edits = tuple(_edit(each, known.get(each.name, KnownFile())) for each in findings if each.lets_go or each.file)
        return PlannedFiles(self, findings, edits)

    def plain(self) -> FileContent:
        """Return an empty file."""
        return FileContent(md5(usedforsecurity=False).hexdigest(), 0)

    def places(self, reading: Reading) -> Sequence[str]:
        """Return which file a reading may change."""
        return [path_of(find(reading))]

    def in_the_way(self, version: Version | None, merged: MergedFiles) -> Iterator[tuple[str, str]]:
        """Yield which new files have no place, each with the file that has it: a folder can't be a file too."""
        gone = {path for outcome, path in merged.touched if outcome is Outcome.REMOVED}
        files: set[str] = set()
        folders: dict[str, str] = {}
        for path in (path for outcome, path in merged.touched if outcome is Outcome.ADDED):
            above = next((folder for folder in folders_of(path) if folder in files), folders.get(path))
            found = above or self.layout.in_the_way(version, path, gone, self.tracked.contents)
            if found is not None:
                yield path, found
                continue
            files.add(path)
            folders |= dict.fromkeys(folders_of(path), path)


@dataclass(frozen=True)
class PlannedFiles:
    """A bundle's edits of files."""

    kind: Mirror
    findings: tuple[Finding, ...]
    edits: tuple[FileEdit, ...]

    def merge(self) -> FilesDifference:
        """Merge the edits into the folder as the branch has it."""
        kind, version = self.kind, self.kind.tracked.version()
        theirs = kind.layout.read(version, [edit.path for edit in self.edits], kind.tracked.contents)
        merged = merge_files(theirs, self.edits, kind.on_conflict)
        blocked = dict(kind.in_the_way(version, merged))
        stood = {edit.path: edit.stood for edit in self.edits if edit.ours == edit.before}
        stood |= {each.path: each.theirs for each in merged.conflicts if each.stands is OnConflict.THEIRS}
        found = (replace(each, stood=stood.get(path_of(each))) for each in self.findings)
        findings = tuple(_skipped(each, blocked.get(path_of(each))) for each in found)
        before = {edit.path: edit.before for edit in self.edits if edit.before is not None}
        return FilesDifference(kind, findings, version, leave_out(merged, blocked), before)


@dataclass(frozen=True)
class FilesDifference:
    """What changes of the folder."""

    kind: Mirror
    findings: tuple[Finding, ...]
    version: Version | None
    merged: MergedFiles
    before: Mapping[str, FileContent]
    added_records: frozenset[RecordId] = frozenset()
    theirs_stood: tuple[TheirsStood, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to commit."""
        return not self.merged.patch

    def write(self) -> Written:
        """Put the new listing into the cache, where the files are already."""
        tracked = self.kind.tracked
        written = self.kind.layout.write(self.version, self.merged.patch, self.before, tracked.contents)
        return tracked.whole(self.version, written)

    def let_go(self) -> None:
        """Remove cached contents that took no part; of what the bundle copied in vain, when the next one is done."""
        self.kind.tracked.contents.let_go()

    def message(self, seq: int) -> str:
        """Return the message of the commit that covers the changes up to `seq`."""
        return compose_files(self.merged, self.kind.ledger.instance, seq)

    def files(self, _: Written) -> Mapping[str, bytes]:
        """Return nothing: files are counted by the `.dvc` file itself."""
        return {}


def path_of(finding: Finding) -> str:
    """Return where in the folder an object is."""
    return f"{finding.bucket}/{finding.key}"


def _edit(finding: Finding, known: KnownFile) -> FileEdit:
    return FileEdit(path_of(finding), finding.file, known.content, known.stood, finding.gives_way)


def _skipped(finding: Finding, in_the_way: str | None) -> Finding:
    if in_the_way is None:
        return finding
    reason = f"a file and a folder would have the same path: {in_the_way} is there already"
    return replace(finding, file=None, skipped=reason, stood=None)
