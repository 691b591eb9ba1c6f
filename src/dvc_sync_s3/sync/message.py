"""The commit's message: what changed, for people, and which changes it covers, for the machine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from dvc_sync_s3.dataset.files import MergedFiles
from dvc_sync_s3.dataset.labels import LONGEST_LABEL
from dvc_sync_s3.dataset.model import Cause, Conflict, OnConflict, Outcome, RecordId, Touched
from dvc_sync_s3.git.trailers import format_trailers
from dvc_sync_s3.sync.forge_words import harmless
from dvc_sync_s3.sync.people import People, one_line

_MOST_LINES = 20
_SUBJECT_CHARACTERS = 72
"""More of a first line is cut by those who show logs."""
_STANDS = (
    (OnConflict.OURS, "Changed on both sides; the annotators' version stands, the other is in this commit's parent:"),
    (OnConflict.THEIRS, "Changed on both sides; the data scientists' version stands, the other is in the bucket:"),
    (OnConflict.BOTH, "Changed on both sides; the annotators' version stands, the other is kept as conflict_with:"),
)
_FILE_STANDS = (
    (OnConflict.OURS, "Changed on both sides; the bucket's version stands, the other is in this commit's parent:"),
    (OnConflict.THEIRS, "Changed on both sides; the data scientists' version stands, the other is in the bucket:"),
)
_INSTANCE = re.compile(r"[!-~]+")


def compose(
    touched: Sequence[Touched],
    conflicts: Sequence[Conflict],
    people: People,
    instance: str,
    seq: int,
    prefix_characters: int = 0,
) -> str:
    """Return the message of the commit that covers the changes of `instance` up to `seq`.

    A prefix of so many characters will stand before its first line.

    Labels and names are written by people, so they are kept to one printable line, behind a dash or in the first line's
    brackets, where Git and forges see no trailer, and `harmless`. A label of over 60 characters is text of a task, so
    it is counted, not named. Raises ValueError if `instance` is not one word of visible ASCII.
    """
    paragraphs = [
        _subject(touched, conflicts, _SUBJECT_CHARACTERS - prefix_characters),
        _section("By label:", *_by_label(touched)),
        _section("By annotator:", _counted(people.names[each.annotator] for each in touched if each.annotator)),
        *(_section(f"Removed, as {cause}:", _removed(touched, cause)) for cause in Cause),
        *(_section(title, [_said(each) for each in conflicts if each.stands is stands]) for stands, title in _STANDS),
        "\n".join([*_co_authors(people), _trailers(instance, seq)]),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def compose_files(merged: MergedFiles, instance: str, seq: int) -> str:
    """Return the message of a commit of files, as `compose` does for annotations."""
    paragraphs = [
        f"files: {_outcomes(outcome for outcome, _ in merged.touched)}",
        *(
            _section(title, [_line(each.path) for each in merged.conflicts if each.stands is stands])
            for stands, title in _FILE_STANDS
        ),
        _trailers(instance, seq),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _trailers(instance: str, seq: int) -> str:
    if not _INSTANCE.fullmatch(instance):
        raise ValueError(f"an instance is one word of visible ASCII, not {instance!r}")
    return format_trailers(instance, seq)


def _subject(touched: Sequence[Touched], conflicts: Sequence[Conflict], most_characters: int) -> str:
    """Return the line that a log's reader sees: what happened, and the labels it happened to."""
    said = [_outcomes(each.outcome for each in touched) or "their tasks changed"]
    if conflicts:
        said.append(f"{len(conflicts)} conflict{'s' if len(conflicts) > 1 else ''}")
    subject = f"annotations: {', '.join(said)}"
    named = [name for name, _ in _most_first(_short(touched)) if name]
    return subject + _in_brackets(named, most_characters - len(subject))


def _outcomes(outcomes: Iterable[Outcome]) -> str:
    counts = Counter(outcomes)
    return ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])


def _in_brackets(names: Sequence[str], room: int) -> str:
    """Return as many of `names` as there is room for, the first ones; nothing if not one fits."""
    for many in range(min(len(names), _MOST_LINES), 0, -1):
        rest = [] if many == len(names) else ["…"]
        text = f" ({', '.join([*names[:many], *rest])})"
        if len(text) <= room:
            return text
    return ""


def _section(title: str, entries: Sequence[str], rest: str | None = None) -> str:
    """Return a paragraph of the first 20 entries and what is said of the rest of them; nothing if there is nothing."""
    if rest is None and len(entries) > _MOST_LINES:
        rest = f"and {len(entries) - _MOST_LINES} more"
    lines = [*entries[:_MOST_LINES], *([rest] if rest else [])]
    return "\n".join([title, *(f"- {line}" for line in lines)]) if lines else ""


def _by_label(touched: Sequence[Touched]) -> tuple[list[str], str]:
    """Return a line for each of the most frequent labels, and one for all others."""
    counted = _most_first(_short(touched))
    others = sum(len(each.labels) for each in touched) - sum(many for _, many in counted[:_MOST_LINES])
    return [f"{name}: {many}" for name, many in counted], f"other labels: {others}" if others else ""


def _short(touched: Iterable[Touched]) -> Iterator[str]:
    return (label for each in touched for label in each.labels if len(label) <= LONGEST_LABEL)


def _counted(names: Iterable[str]) -> list[str]:
    return [f"{name}: {count}" for name, count in _most_first(names)]


def _most_first(names: Iterable[str]) -> list[tuple[str, int]]:
    counts = Counter(_line(name) for name in names)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _removed(touched: Sequence[Touched], cause: Cause) -> list[str]:
    return [f"{place(each.record)}, annotation {each.annotation_id}" for each in touched if each.cause is cause]


def _said(conflict: Conflict) -> str:
    what = f"annotation {conflict.annotation_id}"
    if conflict.task_field is not None:
        what = f"its {_line(conflict.task_field)}"
    return f"{place(conflict.record)}, {what}"


def _co_authors(people: People) -> list[str]:
    return [f"Co-authored-by: {who}" for who in people.co_authors[:_MOST_LINES]]


def place(record: RecordId) -> str:
    """Return in words which record it is."""
    return f"task {record.task}" if record.project < 0 else f"project {record.project}, task {record.task}"


def _line(text: str) -> str:
    return harmless(one_line(text))
