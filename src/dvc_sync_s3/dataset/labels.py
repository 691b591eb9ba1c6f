"""What an annotation chose, who made it and when: for people who read the history, and to tell which one is newer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from dvc_sync_s3.dataset.annotation import as_id
from dvc_sync_s3.dataset.model import Annotator, Fields, JsonValue

LONGEST_LABEL = 60
"""Characters. A longer one is text of a task (dynamic choices), not a label of the project."""
_CHOICES = frozenset(("choices", "taxonomy"))


def labels(fields: Fields) -> tuple[str, ...]:
    """Return the labels that an annotation's result chose, sorted, each once; a taxonomy's path as `a/b`.

    https://labelstud.io/guide/task_format gives the regions' form: `{type, value: {<type>: [label, …]}}`.

    >>> labels({"result": [{"type": "choices", "value": {"choices": ["pos"]}}]})
    ('pos',)
    """
    return tuple(sorted({label for value in _lists(fields.get("result")) for label in _names(value)}))


def annotator(fields: Fields) -> Annotator | None:
    """Return who made an annotation, from its `completed_by`: a person's fields or the bare id; None for nobody.

    >>> annotator({"completed_by": {"id": 1, "first_name": "Ann", "last_name": "Lee", "email": "a@b.c"}})
    Annotator(name='Ann Lee', email='a@b.c')
    >>> annotator({"completed_by": 7})
    Annotator(name='user 7', email='')
    """
    who = fields.get("completed_by")
    if not isinstance(who, dict):
        who = {"id": who}
    name = " ".join(part for part in (_text(who, "first_name"), _text(who, "last_name")) if part)
    email = _text(who, "email")
    if name or email:
        return Annotator(name, email)
    number = as_id(who.get("id"))
    return None if number is None else Annotator(f"user {number}", "")


def updated_at(fields: Fields) -> datetime | None:
    """Return when Label Studio last saved an annotation, None if it doesn't say; without a zone it is UTC.

    >>> updated_at({"updated_at": "2026-11-22T23:33:12Z"})
    datetime.datetime(2026, 11, 22, 23, 33, 12, tzinfo=datetime.timezone.utc)
    """
    try:
        time = datetime.fromisoformat(_text(fields, "updated_at"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _lists(result: JsonValue) -> Iterator[list[JsonValue]]:
    for region in result if isinstance(result, list) else []:
        value = region.get("value") if isinstance(region, dict) else None
        if not isinstance(region, dict) or not isinstance(value, dict):
            continue
        for name, chosen in value.items():
            # A list under another name may be text that an annotator typed.
            if isinstance(chosen, list) and (name in _CHOICES or name.endswith("labels") or name == region.get("type")):
                yield chosen


def _names(chosen: list[JsonValue]) -> Iterator[str]:
    for each in chosen:
        if isinstance(each, str):
            yield _written(each)
        elif isinstance(each, list):
            yield "/".join(_written(part) for part in each if isinstance(part, str))


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return _written(value.strip()) if isinstance(value, str) else ""


def _written(text: str) -> str:
    r"""Return `text` with half of a surrogate pair, as a cut emoji leaves it, spelt out: UTF-8 has none.

    DVC, too, stops at one: `dvc metrics show` couldn't print it.

    >>> _written("good \ud83d"), _written("good")
    ('good \\ud83d', 'good')
    """
    return text.encode("utf-8", "backslashreplace").decode()
