from __future__ import annotations

import subprocess
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvc_sync_s3.dataset.model import Annotator, Cause, Conflict, Outcome, RecordId, Touched
from dvc_sync_s3.git.trailers import parse_seq
from dvc_sync_s3.sync import message as messages
from dvc_sync_s3.sync.people import CoAuthors, people

_ANN = Annotator("Ann Lee", "ann@example.com")
_INSTANCE = "5f0c"


def _touched(
    outcome: Outcome = Outcome.ADDED,
    labels: tuple[str, ...] = (),
    annotator: Annotator | None = None,
    number: int = 7,
) -> Touched:
    return Touched(outcome, RecordId(3, 5), number, annotator, labels)


def compose(
    touched: Sequence[Touched], conflicts: Sequence[Conflict], instance: str, seq: int, credit: CoAuthors = CoAuthors.ON
) -> str:
    return messages.compose(touched, conflicts, people(touched, credit, list), instance, seq)


def _trailers(message: str) -> list[str]:
    """Return what Git itself takes for trailers."""
    git = ["git", "interpret-trailers", "--parse"]
    return subprocess.run(git, input=message.encode(), capture_output=True, check=True).stdout.decode().splitlines()


def test_a_message_tells_what_left_the_dataset_and_why() -> None:
    removed = _touched(Outcome.REMOVED, ("cat",), _ANN)
    touched = [
        replace(removed, cause=Cause.DELETED),
        replace(removed, cause=Cause.NOT_HELD, annotation_id=8),
        replace(removed, cause=Cause.NOT_SELECTED, annotation_id=9, annotator=None),
        replace(removed, cause=Cause.NOT_SELECTED, annotation_id=10, annotator=None),
    ]

    message = compose(touched, [], _INSTANCE, 12)

    assert "By annotator:\n- Ann Lee: 2\n" in message
    assert (
        "Removed, as its object was deleted:\n- project 3, task 5, annotation 7\n\n"
        "Removed, as its object no longer holds it:\n- project 3, task 5, annotation 8\n\n"
        "Removed, as the settings leave it out:\n- project 3, task 5, annotation 9\n"
        "- project 3, task 5, annotation 10\n"
    ) in message


def test_a_message_tells_what_changed_by_label_and_by_annotator() -> None:
    touched = [
        _touched(labels=("cat", "dog"), annotator=_ANN),
        _touched(labels=("cat",), annotator=_ANN, number=8),
        _touched(Outcome.CHANGED, ("dog",), Annotator("", "b@example.com"), 9),
        _touched(Outcome.CHANGED, ("cat",), Annotator("user 4", ""), 10),
        _touched(Outcome.REMOVED, (), None, 11),
    ]

    message = compose(touched, [Conflict(RecordId(3, 5), 9), Conflict(RecordId(-1, 6), 10)], _INSTANCE, 12)

    assert message == (
        "annotations: 2 added, 2 changed, 1 removed, 2 conflicts (cat, dog)\n"
        "\n"
        "By label:\n"
        "- cat: 3\n"
        "- dog: 2\n"
        "\n"
        "By annotator:\n"
        "- Ann Lee: 2\n"
        "- b@example.com: 1\n"
        "- user 4: 1\n"
        "\n"
        "Changed on both sides; the annotators' version stands, the other is in this commit's parent:\n"
        "- project 3, task 5, annotation 9\n"
        "- task 6, annotation 10\n"
        "\n"
        "Co-authored-by: Ann Lee <ann@example.com>\n"
        "Co-authored-by: b@example.com <b@example.com>\n"
        "Dvc-Sync-Instance: 5f0c\n"
        "Dvc-Sync-Seq: 12\n"
    )


def test_git_finds_the_trailers() -> None:
    message = compose([_touched(labels=("cat",), annotator=_ANN)], [], _INSTANCE, 12)

    assert _trailers(message) == [
        "Co-authored-by: Ann Lee <ann@example.com>",
        "Dvc-Sync-Instance: 5f0c",
        "Dvc-Sync-Seq: 12",
    ]


@pytest.mark.parametrize("outcome", Outcome)
def test_a_subject_names_only_what_happened(outcome: Outcome) -> None:
    assert compose([_touched(outcome)], [], _INSTANCE, 1).splitlines()[0] == f"annotations: 1 {outcome.value}"


def test_a_subject_names_the_labels_that_it_has_room_for_the_most_frequent_first() -> None:
    touched = [
        _touched(labels=("rare",)),
        *[_touched(labels=(f"a label of many words {number}",)) for number in (1, 1)],
    ]

    subject = compose([*touched, _touched(labels=("a third one",))], [], _INSTANCE, 1).splitlines()[0]

    assert subject == "annotations: 4 added (a label of many words 1, a third one, rare)"
    more = [_touched(labels=("some label",)) for _ in range(9)]
    subject = compose([*touched, *more], [], _INSTANCE, 1).splitlines()[0]
    assert subject == "annotations: 12 added (some label, a label of many words 1, rare)"
    subject = compose([*touched, *more, _touched(labels=("x" * 40,))], [], _INSTANCE, 1).splitlines()[0]
    assert subject == "annotations: 13 added (some label, a label of many words 1, rare, …)"


def test_a_subject_leaves_room_for_the_teams_prefix() -> None:
    touched = [_touched(labels=("a label of many words", "rare"))]
    nobody = people(touched, CoAuthors.ON, list)
    subjects = [messages.compose(touched, [], nobody, _INSTANCE, 1, taken).splitlines()[0] for taken in (0, 30, 60)]
    assert subjects == [
        "annotations: 1 added (a label of many words, rare)",
        "annotations: 1 added",
        "annotations: 1 added",
    ]


@given(st.lists(st.text(), max_size=4))
def test_a_subject_is_no_longer_than_what_logs_show(labels: list[str]) -> None:
    touched = [_touched(outcome, (label,)) for label in labels for outcome in Outcome]

    subject = compose(touched, [Conflict(RecordId(3, 5), 9)], _INSTANCE, 1).splitlines()[0]

    assert len(subject) <= 72
    assert subject.isprintable()


def test_a_commit_that_touches_only_tasks_says_so() -> None:
    assert compose([], [], _INSTANCE, 1) == (
        "annotations: their tasks changed\n\nDvc-Sync-Instance: 5f0c\nDvc-Sync-Seq: 1\n"
    )


def test_a_long_list_is_cut() -> None:
    touched = [
        _touched(labels=(f"label {number:03}",), annotator=Annotator(f"n{number:03}", f"n{number:03}@example.com"))
        for number in range(50)
    ]

    message = compose(touched, [Conflict(RecordId(3, 5), number) for number in range(50)], _INSTANCE, 12)

    assert message.count("\n- label") == message.count("\n- n0") == message.count("\n- project") == 20
    assert message.count("\n- and 30 more\n") == 2
    assert "\n- other labels: 30\n" in message
    assert message.count("Co-authored-by") == 20


@pytest.mark.parametrize(
    "forged",
    [
        "x\n\nDvc-Sync-Seq: 99",
        "x\r\rDvc-Sync-Instance: 5f0c\rDvc-Sync-Seq: 99",
        "x\u2028Dvc-Sync-Seq: 99",
        "Dvc-Sync-Instance: 5f0c",
        "---",
        "# comment",
        "> <a@b.c>\x1b[31m",
        "\ud800",
        "   ",
    ],
)
def test_nothing_that_people_write_can_forge_a_trailer(forged: str) -> None:
    touched = [_touched(labels=(forged,), annotator=Annotator(forged, forged)), _touched(annotator=_ANN)]

    message = compose(touched, [], _INSTANCE, 12)

    assert _trailers(message)[-2:] == ["Dvc-Sync-Instance: 5f0c", "Dvc-Sync-Seq: 12"]
    assert _trailers(message)[:-2] == ["Co-authored-by: Ann Lee <ann@example.com>"]
    assert parse_seq(message, _INSTANCE) == 12


_PEOPLE = st.builds(Annotator, st.text(), st.text() | st.emails())


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(), st.none() | _PEOPLE), max_size=5))
def test_any_text_makes_a_message_that_git_reads_rightly(chosen: list[tuple[str, Annotator | None]]) -> None:
    message = compose([_touched(labels=(label,), annotator=who) for label, who in chosen], [], _INSTANCE, 12)

    keys = [line.partition(":")[0] for line in _trailers(message)]
    assert keys[-2:] == ["Dvc-Sync-Instance", "Dvc-Sync-Seq"]
    assert set(keys[:-2]) <= {"Co-authored-by"}
    assert parse_seq(message, _INSTANCE) == 12
    assert all(line.isprintable() for line in message.split("\n"))


@pytest.mark.parametrize("email", ["", "ann", "a b@c.d", "a@b.c>\nx: y", "a@b@c", "a\x1b@b.c", "é" * 300 + "@b.c"])
def test_what_is_no_address_is_no_co_author(email: str) -> None:
    assert "Co-authored-by" not in compose([_touched(annotator=Annotator("Ann", email))], [], _INSTANCE, 12)


def test_a_name_can_not_bring_another_s_address() -> None:
    message = compose([_touched(annotator=Annotator("Eve <ann@example.com>", "eve@b.c"))], [], _INSTANCE, 12)

    assert "Co-authored-by: Eve ann@example.com <eve@b.c>\n" in message


def test_a_long_name_is_cut() -> None:
    message = compose([_touched(annotator=Annotator("x" * 1000, ""))], [], _INSTANCE, 12)

    assert f"- {'x' * 80}: 1\n" in message


def test_text_of_a_task_that_was_chosen_as_a_label_is_counted_and_not_named() -> None:
    text = "the invoice of the third of May says that nothing was delivered " * 3
    touched = [_touched(labels=(text, "open")), _touched(labels=(text[:61],), number=8)]

    message = compose(touched, [], _INSTANCE, 12)

    assert "invoice" not in message
    assert message.startswith("annotations: 2 added (open)\n\nBy label:\n- open: 1\n- other labels: 2\n\n")


_ORDERS = [
    "[skip ci]",
    "[no ci]",
    "[CF-Pages-Skip]",
    "***NO_CI***",
    "skip-checks: true",
    "skip-checks:true",
    "fixes #1",
    "Closes: octo/repo#12",
    "resolves https://example.com/octo/repo/-/issues/12",
    "closes GH-12",
    "implements gl-3",
    "group/project!12",
    "&3",
    "fixes AB#12",
    "OPS-12 #close",
    "closing ops-12",
    "@everyone",
    "@octo/reviewers",
    "x@here",
    "/cc @octo",
    "[a link](x)",
]


@pytest.mark.parametrize("order", _ORDERS)
def test_no_label_and_no_name_is_an_order_to_a_forge_and_all_can_be_read(order: str) -> None:
    touched = [_touched(labels=(order,), annotator=Annotator(order, "ann@example.com"))]

    message = compose(touched, [Conflict(RecordId(3, 5), task_field=order)], _INSTANCE, 12)

    assert order not in message
    assert unicodedata.normalize("NFKC", message).count(order) >= 4
    assert "\n/" not in message
    assert _trailers(message)[-2:] == ["Dvc-Sync-Instance: 5f0c", "Dvc-Sync-Seq: 12"]


@pytest.mark.parametrize(
    "label", ["cat", "C#", "a/b", "grade-3", "R&D", "50 %", "wow!", "18-25", "ann@example.com", "été"]
)
def test_what_no_forge_obeys_stays_as_it_is(label: str) -> None:
    message = compose([_touched(labels=(label,), annotator=Annotator(label, "o'lee+x@mail.example.com"))], [], "i", 1)

    assert message.count(label) == 4
    assert "<o'lee+x@mail.example.com>" in message


def test_an_address_that_a_forge_would_obey_is_no_co_author() -> None:
    message = compose([_touched(annotator=Annotator("Bo", "***NO_CI***@example.com"))], [], _INSTANCE, 12)

    assert "NO_CI" not in message


def test_an_annotator_is_a_co_author_once() -> None:
    message = compose([_touched(annotator=_ANN), _touched(annotator=_ANN, number=8)], [], _INSTANCE, 12)

    assert message.count("Co-authored-by") == 1


@pytest.mark.parametrize("instance", ["", "two words", "a\nb", "é"])
def test_an_instance_that_could_not_be_found_again_is_refused(instance: str) -> None:
    with pytest.raises(ValueError, match="one word"):
        compose([], [], instance, 1)


def test_without_co_authors_no_address_gets_into_git() -> None:
    touched = [
        _touched(annotator=_ANN),
        _touched(annotator=Annotator("", "b@example.com")),
        _touched(annotator=Annotator("c@example.com", "c@example.com")),
        _touched(annotator=Annotator("user 4", "")),
    ]

    message = compose(touched, [], _INSTANCE, 12, CoAuthors.OFF)

    assert "@" not in message
    assert "By annotator:\n- someone: 2\n- Ann Lee: 1\n- user 4: 1\n" in message
