"""Which objects are set aside when a bundle can't be prepared, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from dvc_sync_s3.dataset.model import Labelled, RecordId, Skipped
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.store.model import Change, ChangeKind
from dvc_sync_s3.sync.plan import Reading
from dvc_sync_s3.sync.reading import Bundle
from dvc_sync_s3.sync.set_aside import SetAside


def says(what: str) -> Labelled:
    return Labelled(RecordId(4, 84), {"data": what}, "task", ())


class FakeKind:
    """Only what setting aside asks of a kind."""

    def plain(self) -> Labelled:
        return says("plain")

    def places(self, reading: Reading) -> Sequence[str]:
        return [f"task {reading.change.seq}"]


def bundle_of(*contents: str) -> Bundle:
    def change(seq: int) -> Change:
        return Change(seq, ChangeKind.PUT, "b", f"p/{seq}", datetime(2026, 11, 23, tzinfo=UTC))

    readings = tuple(Reading(change(seq), says(what)) for seq, what in enumerate(contents, start=1))
    return Bundle(readings, len(contents))


@dataclass
class Preparing:
    """Prepares a bundle, unless a rule says what fails of what its objects say; returns what it prepared."""

    fails: Callable[[list[str]], Exception | None]
    trials: list[int] = field(default_factory=list)

    def __call__(self, bundle: Bundle) -> Bundle:
        self.trials.append(len(bundle.readings))
        error = self.fails(
            [str(each.content.task["data"]) for each in bundle.readings if isinstance(each.content, Labelled)]
        )
        if error is not None:
            raise error
        return bundle


def fails_with(what: str, error: Exception) -> Callable[[list[str]], Exception | None]:
    return lambda said: error if what in said else None


def reasons(bundle: Bundle) -> dict[int, str]:
    return {each.change.seq: each.content.reason for each in bundle.readings if isinstance(each.content, Skipped)}


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    """Keep the log in memory."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def aside() -> SetAside:
    return SetAside(FakeKind())  # type: ignore[arg-type]


def test_a_bundle_that_works_is_prepared_once(aside: SetAside) -> None:
    preparing = Preparing(lambda _: None)
    assert aside.prepare(bundle_of("a", "b"), preparing) == bundle_of("a", "b")
    assert preparing.trials == [2]


@pytest.mark.parametrize("at", range(7))
def test_the_one_object_that_fails_is_set_aside_with_its_reason_and_the_rest_goes_on(aside: SetAside, at: int) -> None:
    contents = ["good"] * 7
    contents[at] = "bad"
    done = aside.prepare(bundle_of(*contents), Preparing(fails_with("bad", KeyError("x"))))
    assert reasons(done) == {at + 1: f"the sync fails with it: unexpected KeyError (in the dataset: task {at + 1})"}
    assert (len(done.readings), done.seq) == (7, 7)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "it takes more memory than there is"),
        (RecursionError(), "it is nested too deep"),
        (UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed"), "it holds text that UTF-8 can't write"),
    ],
)
def test_the_reason_is_in_plain_words(aside: SetAside, error: Exception, words: str) -> None:
    done = aside.prepare(bundle_of("bad"), Preparing(fails_with("bad", error)))
    assert reasons(done) == {1: f"the sync fails with it: {words} (in the dataset: task 1)"}


def test_of_ten_thousand_objects_one_is_found_in_few_trials(aside: SetAside) -> None:
    contents = ["good"] * 10_000
    contents[6_789] = "bad"
    preparing = Preparing(fails_with("bad", ValueError()))
    assert set(reasons(aside.prepare(bundle_of(*contents), preparing))) == {6_790}
    assert len(preparing.trials) <= 18  # the bundle, a plain object, 14 halves, the object alone, the rest


def test_several_are_set_aside_and_the_cause_is_logged_once_for_each(aside: SetAside, logged: list[Any]) -> None:
    preparing = Preparing(fails_with("bad", ValueError()))
    done = aside.prepare(bundle_of("bad", "good", "bad", "bad"), preparing)
    assert reasons(done).keys() == {1, 3, 4}
    preparing.trials.clear()
    assert aside.prepare(bundle_of("bad", "good", "bad", "bad"), preparing) == done
    assert preparing.trials == [4]  # as when the push was rejected, or the remote is away: known by now
    assert [(line["event"], line["key"]) for line in logged] == [("object set aside", f"p/{seq}") for seq in (1, 3, 4)]
    assert all(isinstance(line["exc_info"], ValueError) for line in logged)


def test_an_object_that_was_set_aside_is_tried_again_when_it_was_put_again(aside: SetAside) -> None:
    aside.prepare(bundle_of("bad"), Preparing(fails_with("bad", ValueError())))
    assert reasons(aside.prepare(bundle_of("good", "good"), Preparing(lambda _: None))).keys() == {1}


def test_objects_that_fail_only_together_go_into_two_bundles(aside: SetAside) -> None:
    preparing = Preparing(lambda said: MemoryError() if len(said) > 2 else None)
    done = aside.prepare(bundle_of("a", "b", "c", "d"), preparing)
    assert (done.readings, done.seq) == (bundle_of("a", "b").readings, 2)


def test_more_than_sixteen_that_fail_go_into_several_bundles(aside: SetAside) -> None:
    preparing = Preparing(fails_with("bad", ValueError()))
    done = aside.prepare(bundle_of("good", *["bad"] * 20, "good"), preparing)
    assert (len(reasons(done)), done.seq) == (16, 17)


def test_a_failure_that_a_plain_object_meets_too_is_the_cycle_s(aside: SetAside) -> None:
    with pytest.raises(ZeroDivisionError):
        aside.prepare(bundle_of("a", "b"), Preparing(lambda _: ZeroDivisionError()))


def test_a_failure_of_nothing_at_all_is_the_cycle_s(aside: SetAside) -> None:
    with pytest.raises(ZeroDivisionError):
        aside.prepare(Bundle((), 3), Preparing(lambda _: ZeroDivisionError()))


@pytest.mark.parametrize("error", [Blocked("a person must act", hint="act"), OSError("the disk is broken")])
def test_what_says_itself_what_to_do_next_is_no_object_s(aside: SetAside, error: Exception) -> None:
    preparing = Preparing(fails_with("bad", error))
    with pytest.raises(type(error)):
        aside.prepare(bundle_of("bad", "good"), preparing)
    assert preparing.trials == [2]
