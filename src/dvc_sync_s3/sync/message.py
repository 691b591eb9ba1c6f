"""The commit's message: what changed, for people, and which changes it covers, for the machine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from dvc_sync_s3.dataset.model import Annotator, Conflict, Outcome, RecordId, Touched
from dvc_sync_s3.git.trailers import format_trailers

_MOST_LINES = 20
_LONGEST_NAME = 80
_EMAIL = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}")
_INSTANCE = re.compile(r"[!-~]+")


def compose(touched: Sequence[Touched], conflicts: Sequence[Conflict], instance: str, seq: int) -> str:
    """Return the message of the commit that covers the changes of `instance` up to `seq`.

    Labels and names are written by people, so they are kept to one printable line behind a dash, where Git and
    forges see no trailer. Raises ValueError if `instance` is not one word of visible ASCII.
    """
    if not _INSTANCE.fullmatch(instance):
        raise ValueError(f"an instance is one word of visible ASCII, not {instance!r}")
    paragraphs = [
        _subject(touched),
        _section("By label:", _counted(label for each in touched for label in each.labels)),
        _section("By annotator:", _counted(_name(each.annotator) for each in touched if each.annotator)),
        _section(
            "Changed on both sides; the annotators' version stands, the other is in this commit's parent:",
            [f"{_place(each.record)}, annotation {each.annotation_id}" for each in conflicts],
        ),
        "\n".join([*_co_authors(touched), format_trailers(instance, seq)]),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _subject(touched: Sequence[Touched]) -> str:
    counts = Counter(each.outcome for each in touched)
    said = [f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome]]
    return f"annotations: {', '.join(said) or 'their tasks changed'}"


def _section(title: str, entries: Sequence[str]) -> str:
    if not entries:
        return ""
    lines = [title, *(f"- {entry}" for entry in entries[:_MOST_LINES])]
    if len(entries) > _MOST_LINES:
        lines.append(f"- and {len(entries) - _MOST_LINES} more")
    return "\n".join(lines)


def _counted(names: Iterable[str]) -> list[str]:
    counts = Counter(_one_line(name) for name in names)
    return [f"{name}: {count}" for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _co_authors(touched: Sequence[Touched]) -> Iterator[str]:
    people = {who.email: who for each in touched if (who := each.annotator) and _is_email(who.email)}
    for email in sorted(people)[:_MOST_LINES]:
        yield f"Co-authored-by: {_name(people[email])} <{email}>"


def _is_email(text: str) -> bool:
    return text.isprintable() and _EMAIL.fullmatch(text) is not None


def _name(who: Annotator) -> str:
    return _one_line(who.name) or _one_line(who.email) or "unknown"


def _one_line(text: str) -> str:
    visible = "".join(each if each.isprintable() and each not in "<>" else " " for each in text)
    return " ".join(visible.split())[:_LONGEST_NAME]


def _place(record: RecordId) -> str:
    return f"task {record.task}" if record.project < 0 else f"project {record.project}, task {record.task}"
