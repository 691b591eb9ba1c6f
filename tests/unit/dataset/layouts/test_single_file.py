from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dvc_sync_s3.dataset.layouts.layout import Version
from dvc_sync_s3.dataset.layouts.single_file import SingleFile
from dvc_sync_s3.dataset.layouts.splicing import ARRAY, LINES, Form, Kept
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.errors import Blocked
from tests.unit.dataset.layouts.objects import FolderObjects

_FORMS = pytest.mark.parametrize("form", [ARRAY, LINES], ids=["json", "jsonl"])
_OTHER = b'"a note"'


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path)


def _line(task: int, text: str = "") -> bytes:
    return json.dumps(
        {"id": task, "project": 1, "data": {"t": text}, "annotations": []}, separators=(",", ":")
    ).encode()


def _file(form: Form, *lines: bytes) -> bytes:
    return form.opening + form.separator.join(lines) + form.closing if lines else form.empty


def _name(task: int) -> RecordId:
    return RecordId(1, task)


@_FORMS
def test_the_first_version_is_made_of_nothing(form: Form, objects: FolderObjects) -> None:
    written = SingleFile(form).write(None, {_name(2): _line(2), _name(1): _line(1)}, objects)

    assert objects.read(written.version) == _file(form, _line(1), _line(2))
    assert [content.md5 for content in written.fresh] == [written.version.md5]
    assert written.version.size == written.fresh[0].size == len(_file(form, _line(1), _line(2)))


@_FORMS
def test_a_record_that_goes_leaves_no_trace(form: Form, objects: FolderObjects) -> None:
    version = objects.add(_file(form, _line(1)))

    written = SingleFile(form).write(version, {_name(1): None}, objects)

    assert objects.read(written.version) == form.empty


@_FORMS
def test_only_the_lines_asked_for_are_returned(form: Form, objects: FolderObjects) -> None:
    version = objects.add(_file(form, _line(1), _line(3), _line(5), _OTHER))
    layout = SingleFile(form)

    assert layout.read(version, [_name(3), _name(4), _name(9)], objects) == {_name(3): _line(3)}
    assert layout.read(None, [_name(3)], objects) == {}
    assert [line for _, line in layout.lines(version, objects)] == [_line(1), _line(3), _line(5), _OTHER]


@_FORMS
def test_a_version_says_what_it_shares_with_the_one_before(form: Form, objects: FolderObjects) -> None:
    before = _file(form, *(_line(task) for task in range(9)))
    version = objects.add(before)

    written = SingleFile(form).write(version, {_name(4): _line(4, "new")}, objects)

    derivation = written.fresh[0].derivation
    assert derivation is not None
    assert derivation.base_md5 == version.md5
    assert [piece for piece in derivation.pieces if isinstance(piece, bytes)] == [_line(4, "new") + form.separator]
    first, _, last = derivation.pieces
    assert isinstance(first, Kept)
    assert isinstance(last, Kept)
    assert (first.start, last.end) == (0, len(before))


@_FORMS
def test_a_file_in_another_form_is_put_right_once(form: Form, objects: FolderObjects) -> None:
    theirs = objects.add(_file(form, _line(2), _line(1), _OTHER))
    layout = SingleFile(form)

    assert layout.read(theirs, [_name(1)], objects) == {_name(1): _line(1)}
    written = layout.write(theirs, {_name(3): _line(3)}, objects)

    assert objects.read(written.version) == _file(form, _line(1), _line(2), _line(3), _OTHER)
    assert written.fresh[0].derivation is None, "the remote has no file to take ranges from"
    assert objects.drafts == 2, "one to put it right, one for the new version"


@_FORMS
def test_what_was_put_right_is_put_right_again_once_the_cache_let_go_of_it(form: Form, objects: FolderObjects) -> None:
    theirs = objects.add(_file(form, _line(2), _line(1)))
    layout = SingleFile(form)
    assert layout.read(theirs, [_name(1)], objects) == {_name(1): _line(1)}
    for content in set(objects.asked) - {theirs.md5}:
        (objects.folder / content).unlink()

    written = layout.write(theirs, {_name(3): _line(3)}, objects)

    assert objects.read(written.version) == _file(form, _line(1), _line(2), _line(3))


@_FORMS
def test_a_folder_on_the_branch_waits_for_a_person(form: Form, objects: FolderObjects) -> None:
    with pytest.raises(Blocked, match="the dataset is a folder on the branch") as blocked:
        SingleFile(form).read(Version("0" * 32 + ".dir", 1, 1), [_name(1)], objects)

    assert blocked.value.hint


@pytest.mark.parametrize("broken", [b'{"id":1}\n{"id":', b"[1]\n<<<<<<<\n", b'{"id":1}\nNaN\n'])
def test_broken_lines_wait_for_a_person_and_are_named(broken: bytes, objects: FolderObjects) -> None:
    with pytest.raises(Blocked, match="the dataset is not one JSON task a line: in line 2, "):
        SingleFile(LINES).read(objects.add(broken), [_name(1)], objects)


@pytest.mark.parametrize(
    "theirs",
    [
        b'{"id":1,"project":1,"data":{"t":""},"annotations":[]}',
        b'{"id":1,"project":1,"data":{"t":""},"annotations":[]}\r\n',
        b'\n{"annotations": [], "project": 1, "data": {"t": ""}, "id": 1}\n\n',
        b'\xef\xbb\xbf{"id": 1, "project": 1, "data": {"t": ""}}\n',
    ],
)
def test_lines_of_any_form_are_read(theirs: bytes, objects: FolderObjects) -> None:
    layout = SingleFile(LINES)
    written = layout.write(objects.add(theirs), {_name(2): _line(2)}, objects)

    assert objects.read(written.version) == _file(LINES, _line(1), _line(2))


_TASKS = st.sets(st.integers(0, 30))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.sampled_from([ARRAY, LINES]),
    there=_TASKS,
    others=st.lists(st.sampled_from([b"1", b'"x"', b'{"name":"no task"}']), max_size=2),
    patch=st.dictionaries(st.integers(0, 31), st.none() | st.text(max_size=5)),
)
def test_a_patched_file_is_the_file_of_the_patched_records(
    tmp_path: Path, form: Form, there: set[int], others: list[bytes], patch: Mapping[int, str | None]
) -> None:
    objects = FolderObjects(tmp_path)
    records = {task: _line(task) for task in there}
    layout = SingleFile(form)
    named = {_name(task): None if text is None else _line(task, text) for task, text in patch.items()}
    version = objects.add(_file(form, *(records[task] for task in sorted(records)), *others))

    written = layout.write(version, named, objects)

    after = {**records, **{name.task: line for name, line in named.items()}}
    kept = [line for _, line in sorted(after.items()) if line is not None]
    assert objects.read(written.version) == _file(form, *kept, *others)
    assert layout.read(written.version, named, objects) == {name: line for name, line in named.items() if line}
