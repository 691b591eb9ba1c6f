"""Our line in a `dvc.yaml`: put in as text, so that not a byte of what the team wrote there changes.

https://dvc.org/doc/user-guide/project-structure/dvcyaml-files#metrics
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

_KEY = "metrics"


def with_metrics(previous: bytes | None, name: str) -> bytes | None:
    r"""Return the `dvc.yaml` that names the metrics file `name`; None if it does so already, or there is no safe place.

    Each place where the line could stand is tried, and taken only if the file then says what it said, and `name`.

    >>> with_metrics(None, "data.metrics.json")
    b'metrics:\n- data.metrics.json\n'
    >>> with_metrics(b"# ours\r\nmetrics:\r\n  - a.json # the model's\r\nstages: {}", "b.json")
    b"# ours\r\nmetrics:\r\n  - a.json # the model's\r\n  - b.json\r\nstages: {}"
    """
    try:
        text = (previous or b"").decode()
        document = YAML().load(text)
    except (YAMLError, UnicodeDecodeError):
        return None
    document = CommentedMap() if document is None else document
    if not isinstance(document, CommentedMap):
        return None
    listed = document.get(_KEY)
    if not isinstance(listed, Sequence | None) or isinstance(listed, str) or name in _names(listed or ()):
        return None
    wanted = {**_plain(document), _KEY: sorted([*map(str, listed or ()), name])}
    for changed in _candidates(text, document, name):
        if _says(changed) == wanted:
            return changed.encode()
    return None


def _candidates(text: str, document: CommentedMap, name: str) -> Iterator[str]:
    """Yield the file with the line in each place that may be right."""
    newline = "\r\n" if "\r\n" in text else "\n"
    starts = [0, *accumulate(len(line) for line in re.split(r"(?<=\n)", text))]
    listed = document.get(_KEY)
    for told in (name, json.dumps(name)):
        if _KEY not in document:
            end = newline if text and not text.endswith("\n") else ""
            yield f"{text}{end}{_KEY}:{newline}- {told}{newline}"
            if document.fa.flow_style():
                at = starts[document.lc.line] + document.lc.col + 1
                yield f"{text[:at]}{_KEY}: [{told}], {text[at:]}"
        elif listed is None:
            at = starts[document.lc.key(_KEY)[0] + 1]
            end = newline if not text[:at].endswith("\n") else ""
            yield f"{text[:at]}{end}- {told}{newline if not end or text[at:] else ''}{text[at:]}"
        elif isinstance(listed, CommentedSeq):
            yield from _in_list(text, starts, listed, told, newline)


def _in_list(text: str, starts: Sequence[int], listed: CommentedSeq, told: str, newline: str) -> Iterator[str]:
    first = starts[listed.lc.line]
    if listed.fa.flow_style() or not listed:
        at = first + listed.lc.col + 1
        yield f"{text[:at]}{told}{', ' if listed else ''}{text[at:]}"
        return
    indentation = text[first : first + listed.lc.col]
    after = starts[listed.lc.item(len(listed) - 1)[0] + 1]
    for at in (after, first):
        end = "" if text[:at].endswith("\n") or not at else newline
        yield f"{text[:at]}{end}{indentation}- {told}{newline if not end else ''}{text[at:]}"


def _says(text: str) -> Mapping[str, object] | None:
    try:
        document = YAML().load(text)
    except YAMLError:
        return None
    if not isinstance(document, CommentedMap) or not isinstance(document.get(_KEY), CommentedSeq):
        return None
    return {**_plain(document), _KEY: sorted(map(str, document[_KEY]))}


def _plain(document: CommentedMap) -> dict[str, object]:
    return {str(key): value for key, value in document.items() if key != _KEY}


def _names(listed: Sequence[object]) -> set[str]:
    """Return the files that a list names, as a text or as the key of options."""
    return {str(name) for item in listed for name in (item if isinstance(item, Mapping) else (item,))}
