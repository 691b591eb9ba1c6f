"""Annotations as Label Studio saves them, and datasets of many in the form the service writes: 3 KB for each."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rig import CHECKOUT
from rig.client import send
from rig.signing import BUCKET, Signer

PROJECT = 5
_SAMPLE = CHECKOUT / "tests/samples/image_bbox.json"
_BODY_BYTES = 3000
_TASK, _ANNOTATION = 777_777_771, 777_777_772


def _template() -> dict[str, Any]:
    annotation: dict[str, Any] = json.loads(_SAMPLE.read_bytes())
    (region,) = annotation["result"]
    annotation["result"] = [region] * (_BODY_BYTES // len(json.dumps(region)) - 2)
    return annotation


class Annotations:
    """Bodies of objects; the annotation `number` is the only one of the task `number` and has its id."""

    def __init__(self) -> None:
        annotation = _template()
        annotation |= {"id": _ANNOTATION, "lead_time": 3.5, "task": {**annotation["task"], "id": _TASK}}
        self._body = json.dumps(annotation)

    def body(self, number: int, edition: int = 0) -> bytes:
        """Return an object's body; another edition says something else."""
        text = self._body.replace(str(_TASK), str(number)).replace(str(_ANNOTATION), str(number))
        return text.replace('"lead_time": 3.5', f'"lead_time": {edition}.5').encode()


def record_lines(count: int) -> Iterator[bytes]:
    """Yield the lines of the records 1 to `count`, in order."""
    annotation = _template()
    task = annotation.pop("task")
    assert isinstance(task, dict)
    head = {"id": _TASK, "project": PROJECT}
    rest = {"data": task["data"], "meta": {}, "created_at": task["created_at"]}
    inner = _compact({**annotation, "id": _ANNOTATION, "lead_time": 3.5})
    line = f'{_compact(head)[:-1]},{_compact(rest)[1:-1]},"annotations":[{inner}]}}'
    before, between, after = line.replace(str(_TASK), "\0").replace(str(_ANNOTATION), "\0").split("\0")
    for number in range(1, count + 1):
        yield f"{before}{number}{between}{number}{after}".encode()


def write_array(path: Path, count: int) -> None:
    """Write a dataset of so many records as one JSON array."""
    with path.open("wb", buffering=1 << 20) as file:
        between = b"[\n"
        for line in record_lines(count):
            file.write(between + line)
            between = b",\n"
        file.write(b"\n]\n")


def save_all(port: int, count: int, connections: int = 8, most_s: float = math.inf) -> int:
    """Save the annotations 1 to `count` on the server at `port`; return their bytes. Part of the time is signing.

    Raises TimeoutError after `most_s` seconds, a thousand later at most.
    """
    annotations, saved = Annotations(), 0
    until_s = time.monotonic() + most_s
    for first in range(1, count + 1, 1000):
        if time.monotonic() > until_s:
            raise TimeoutError(f"{first - 1:,} of {count:,} saved")
        bodies = {number: annotations.body(number) for number in range(first, min(first + 1000, count + 1))}
        requests = [Signer("PUT", body).head(f"/{BUCKET}/reviews/{key}") + body for key, body in bodies.items()]
        send(port, requests, connections, None)
        saved += sum(len(body) for body in bodies.values())
    return saved


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
