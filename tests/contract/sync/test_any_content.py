"""Whatever JSON lies in the bucket: annotations beside it arrive, and nothing of another object's is removed."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dvc_sync_s3.sync.skipped import newest_skipped
from tests.contract.sync.conftest import Bridge, Team, annotation
from tests.contract.sync.test_metrics import measuring

SAMPLES = [json.loads(path.read_bytes()) for path in sorted((Path(__file__).parents[2] / "samples").glob("*.json"))]
OWN_IDS = itertools.count(1_000, 10)
"""Each example has objects of its own."""
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, [], {}, "", "\ud83d", "a\x00b", True, -1, 2.0, "2", 1.5e300, 10**30, [[]], {"id": None}, [None], "x" * 3_000]
) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key or index in a JSON value."""
    for key in [*value] if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places_in(value[key])


def sample(number: int, which: int) -> Any:
    """A sample of Label Studio's, an annotation or a task, with ids of its own."""
    value = copy.deepcopy(SAMPLES[which])
    value["id"] = number
    for each in [value.get("task"), *value.get("annotations", [])]:
        if isinstance(each, dict):
            each["id"] = number + 1
    return value


@st.composite
def nearly(draw: st.DrawFn, value: Any) -> Any:
    """Change a value in a few places."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(list(places_in(value))))
        match draw(st.sampled_from(["replace", "remove", "wrap", "add"])):
            case "replace":
                container[key] = draw(ODD)
            case "remove":
                del container[key]
            case "wrap":
                container[key] = [container[key]]
            case _ if isinstance(container, dict):
                container[draw(st.text(st.characters(), max_size=5))] = draw(ODD)
            case _:
                container.append(draw(ODD))
    return value


def held(team: Team) -> set[tuple[Any, Any]]:
    """Task and id of each annotation on the branch."""
    records: Any = team.dataset()
    return {(record.get("id"), one.get("id")) for record in records for one in record["annotations"] if "id" in one}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_json_near_a_sample_stops_nothing_and_removes_nothing_of_others(
    bridge: Bridge, team: Team, data: st.DataObject
) -> None:
    if bridge.ledger.position == 0:
        measuring(bridge)
    number = next(OWN_IDS)
    good = sample(number, data.draw(st.integers(0, len(SAMPLES) - 1)))
    key = f"p/{number}.json"
    bridge.put(key, good)
    bridge.sync()
    before = held(team)
    own = {pair for pair in before if number in pair}
    assert own in ({(number, number + 1)}, {(number + 1, number)})

    bridge.put(f"good/{number + 5}", annotation(number + 5, task=number + 5))
    bridge.put(key, data.draw(nearly(good)))
    bridge.put(f"good/{number + 6}", annotation(number + 6, task=number + 6))

    assert bridge.sync().seq == bridge.store.last_seq()
    after = held(team)
    assert {(number + 5, number + 5), (number + 6, number + 6)} <= after
    assert before - own <= after
    if key in [each.key for each in newest_skipped(bridge.folder, 10_000)]:
        assert own <= after
