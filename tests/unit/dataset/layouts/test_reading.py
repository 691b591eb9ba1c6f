from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from dvc_sync_s3.dataset.layouts import reading
from dvc_sync_s3.dataset.layouts.splicing import ARRAY
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dataset.record import Dataset
from dvc_sync_s3.errors import Blocked

_OURS = (
    b'[\n{"id":3,"data":{"t":"a"},"annotations":[]},\n'
    b'{"id":1,"project":2,"data":{"t":"\xc3\xa9"},"annotations":[{"id":7,"result":[]},{"id":9,"result":[]}]},\n'
    b'{"id":2,"project":2,"annotations":[]},\n'
    b'{"id":1,"project":10,"annotations":[]},\n'
    b'{"name":"no task"},\n"text"\n]\n'
)


def _read(folder: Path, body: bytes) -> Dataset:
    path = folder / "data.json"
    path.write_bytes(body)
    return reading.parse_file(path, ARRAY)


def _written(dataset: Dataset) -> bytes:
    return b"".join(reading.pieces_of((*dataset.records.values(), *dataset.others), ARRAY))


def _rewritten(folder: Path, body: bytes) -> bytes:
    path = folder / "data.json"
    path.write_bytes(body)
    if reading.is_in_our_form(path, ARRAY):
        return body
    return _written(_read(folder, body))


def test_a_file_in_our_form_comes_out_byte_for_byte(tmp_path: Path) -> None:
    assert _rewritten(tmp_path, _OURS) == _OURS


def test_records_are_in_order_of_project_and_task_and_others_come_last(tmp_path: Path) -> None:
    dataset = _read(tmp_path, _OURS)

    assert list(dataset.records) == [RecordId(-1, 3), RecordId(2, 1), RecordId(2, 2), RecordId(10, 1)]
    assert dataset.others == (b'{"name":"no task"}', b'"text"')


def test_a_record_in_our_form_is_not_parsed(tmp_path: Path) -> None:
    unusual = b'[\n{"id":1,"project":2,"data":{"x": 1.50},"annotations":[]}\n]\n'

    assert _rewritten(tmp_path, unusual) == unusual


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_any_formatting_of_the_same_records_comes_out_as_our_form(
    tmp_path: Path, indent: int | None, bom: bytes, *, ascii_only: bool
) -> None:
    records, others = json.loads(_OURS)[:4], json.loads(_OURS)[4:]
    body = bom + json.dumps([others[0], *reversed(records), others[1]], indent=indent, ensure_ascii=ascii_only).encode()

    assert _rewritten(tmp_path, body) == _OURS


@pytest.mark.parametrize(
    "body",
    [
        b'[\n{"id":2,"annotations":[]},\n{"id":1,"annotations":[]}\n]\n',
        b'[\n{"id":1,"annotations":[]},\n{"id":1,"annotations":[]},\n{"id":2,"annotations":[]}\n]\n',
        b'[\r\n{"id":1,"annotations":[]},\r\n{"id":2,"annotations":[]}\r\n]\r\n',
        b'[\n{"id":1,"annotations":[]},\n{"id":2,"annotations":[]}\n]',
        b'[\n{"id":1,"annotations":[]},\n\n{"id":2,"annotations":[]}\n]\n\n',
        b'[\n{"id":1,"annotations":[]}\n,\n{"id":2,"annotations":[]}\n]\n',
    ],
)
def test_lines_that_only_look_like_our_form_are_put_right(tmp_path: Path, body: bytes) -> None:
    assert _rewritten(tmp_path, body) == b'[\n{"id":1,"annotations":[]},\n{"id":2,"annotations":[]}\n]\n'


def test_a_line_whose_project_a_tool_moved_is_still_known_by_its_project(tmp_path: Path) -> None:
    moved = b'[\n{"id":1,"annotations":[],"project":2}\n]\n'

    assert _rewritten(tmp_path, moved) == b'[\n{"id":1,"project":2,"annotations":[]}\n]\n'


def test_a_project_that_only_an_annotation_names_is_not_the_record_s(tmp_path: Path) -> None:
    body = b'[\n{"id":1,"annotations":[{"id":5,"project":2,"result":[]}]}\n]\n'

    assert list(_read(tmp_path, body).records) == [RecordId(-1, 1)]
    assert _rewritten(tmp_path, body) == body


def test_a_task_listed_once_per_annotation_becomes_one_record(tmp_path: Path) -> None:
    body = json.dumps(
        [
            {"id": 1, "data": {"t": "a"}, "old": 1, "annotations": [{"id": 9, "result": []}]},
            {"id": 1, "data": {"t": "b"}, "annotations": [{"id": 7, "result": []}]},
            {"id": 1, "data": {"t": "b"}, "annotations": [{"id": 9, "result": [], "created_ago": "1 day"}, "note"]},
        ]
    ).encode()

    assert _rewritten(tmp_path, body) == (
        b'[\n{"id":1,"data":{"t":"b"},"old":1,"annotations":'
        b'[{"id":7,"result":[]},{"created_ago":"1 day","id":9,"result":[]},"note"]}\n]\n'
    )


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [
                {"id": 1, "data": {}, "annotations": [{"id": 9, "result": []}]},
                {"id": 1, "data": {}, "annotations": [{"id": 9, "result": [1]}]},
            ],
            "task 1 in the dataset lists annotation 9 with two contents",
        ),
        (
            [{"id": 1, "data": {}, "annotations": [{"id": 9, "result": []}, {"id": 9, "result": [1]}]}],
            "task 1 in the dataset lists annotation 9 with two contents",
        ),
        (
            # Label Studio's JSON_MIN export: a row for each annotation, with the task's id.
            [{"id": 1, "text": "a", "sentiment": "pos"}, {"id": 1, "text": "a", "sentiment": "neg"}],
            "task 1 in the dataset lists itself with different fields",
        ),
    ],
)
def test_rows_that_contradict_each_other_wait_for_a_person(
    tmp_path: Path, rows: list[dict[str, Any]], told: str
) -> None:
    with pytest.raises(Blocked, match=told) as blocked:
        _read(tmp_path, json.dumps(rows).encode())

    assert blocked.value.hint


def test_annotation_objects_collected_into_a_list_become_their_tasks(tmp_path: Path) -> None:
    body = json.dumps(
        [
            {"id": 86, "result": [], "project": 4, "task": {"id": 84, "data": {}}},
            {"id": 87, "result": [], "project": 4, "task": {"id": 84, "data": {}, "project": 4}},
            {"id": 88, "result": [], "task": {"id": 85, "data": {}}},
        ]
    ).encode()

    assert _rewritten(tmp_path, body) == (
        b'[\n{"id":85,"data":{},"annotations":[{"id":88,"result":[]}]},\n'
        b'{"id":84,"project":4,"data":{},"annotations":'
        b'[{"id":86,"project":4,"result":[]},{"id":87,"project":4,"result":[]}]}\n]\n'
    )


@pytest.mark.parametrize("task", ["3", "null", '{"data":{}}'])
def test_an_annotation_whose_task_is_unknown_is_not_taken_for_a_task_with_its_id(tmp_path: Path, task: str) -> None:
    body = f'[\n{{"id":5,"result":[],"task":{task}}}\n]\n'.encode()

    once = _rewritten(tmp_path, body)

    assert _read(tmp_path, once).records == {}
    assert _rewritten(tmp_path, once) == once
    assert json.loads(once) == json.loads(body)


@pytest.mark.parametrize("body", [b"[]\n", b"[]", b"[\n]\n", b" [ ] "])
def test_an_empty_dataset_is_an_empty_array(tmp_path: Path, body: bytes) -> None:
    assert _rewritten(tmp_path, body) == b"[]\n"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"[1, NaN]",
        b"\xff",
        b"[" * 100_000,
        b'[\n{"id":1,"annotations":[]}\n',
        b'[\n{"id":1,"annotations":[\n]\n',
        b'[\n{"id":1,"annotations":[]},\n]\n',
        b'[\n{"id":1,"annotations":[]}\n]\n]\n',
        b'[\n<<<<<<< ours\n{"id":1,"annotations":[]}\n]\n',
        b'[\n{"id":1,"annotations":[]}\n{"id":2,"annotations":[]}\n]\n',
    ],
)
def test_what_is_no_json_array_waits_for_a_person(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(Blocked, match="the dataset is not a JSON array of tasks: ") as blocked:
        _read(tmp_path, body)

    assert blocked.value.hint


_ID: st.SearchStrategy[Any] = st.integers(0, 3) | st.none() | st.booleans() | st.text(max_size=2)
_ANNOTATION: st.SearchStrategy[Any] = st.fixed_dictionaries({"id": _ID, "result": st.just([])}) | st.integers()
_ELEMENT: st.SearchStrategy[Any] = (
    st.fixed_dictionaries(
        {"id": _ID},
        optional={"project": _ID, "data": st.dictionaries(st.text(), st.text()), "annotations": st.lists(_ANNOTATION)},
    )
    | st.fixed_dictionaries({"id": _ID, "annotations": st.integers() | st.none()})
    | st.fixed_dictionaries({"id": _ID, "result": st.just([]), "task": st.fixed_dictionaries({"id": _ID}) | _ID})
    | st.fixed_dictionaries({"id": _ID, "x": st.fixed_dictionaries({"annotations": _ID})})
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(elements=st.lists(_ELEMENT), indent=st.sampled_from([None, 1]))
def test_any_array_comes_out_in_a_form_that_is_read_back_as_it_is(
    tmp_path: Path, elements: list[Any], indent: int | None
) -> None:
    try:
        first = _read(tmp_path, json.dumps(elements, indent=indent).encode())
    except Blocked:
        reject()  # rows that contradict each other
    lines = _written(first)
    path = tmp_path / "first.json"
    path.write_bytes(lines)

    assert reading.is_in_our_form(path, ARRAY)
    assert [line for _, line in reading.lines(path, ARRAY)] == [*first.records.values(), *first.others]
    assert _rewritten(tmp_path, json.dumps(json.loads(lines), indent=2).encode()) == lines


@pytest.mark.parametrize("bad", [b'{"id": 2, "data": {"score": NaN}}', b'{"id": 2, "data": ', b'{"id": 2, "n": 1e999}'])
def test_a_row_that_is_no_json_is_named(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "data.json").write_bytes(b'[{"id": 1}, ' + bad + b', {"id": 3}]')
    with pytest.raises(Blocked, match="in row 2, "):
        reading.parse_file(tmp_path / "data.json", ARRAY)
