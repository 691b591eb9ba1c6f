"""Parts of a new object: what S3 allows, and that nothing is lost."""

from hypothesis import given
from hypothesis import strategies as st

from dvc_sync_s3.dvc.parts import LEAST_BYTES, Shared, plan_parts, sent_bytes

MIB = 1024**2
LENGTHS = st.lists(st.tuples(st.booleans(), st.integers(1, 3_000 * MIB)), min_size=1, max_size=12)


@given(LENGTHS)
def test_parts_make_the_whole_content_within_the_limits_of_s3(lengths: list[tuple[bool, int]]) -> None:
    at, shared = 0, []
    for is_shared, length in lengths:
        if is_shared:
            shared.append(Shared(at, at + length, at + 7))
        at += length

    parts = plan_parts(at, shared)

    assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])]
    assert parts[-1].end == at
    assert all(part.end - part.start >= LEAST_BYTES for part in parts[:-1])
    assert all(part.end - part.start <= 1024 * MIB for part in parts)
    copied = [part for part in parts if isinstance(part, Shared)]
    assert all(any(run.start <= part.start and part.end <= run.end for run in shared) for part in copied)
    assert all(part.base_start == part.start + 7 for part in copied)


def test_one_change_in_the_middle_sends_the_least_part() -> None:
    shared = [Shared(0, 150 * MIB, 0), Shared(150 * MIB + 3000, 294 * MIB, 150 * MIB + 2900)]

    assert sent_bytes(plan_parts(294 * MIB, shared)) == LEAST_BYTES


def test_what_is_appended_sends_itself_alone() -> None:
    assert sent_bytes(plan_parts(294 * MIB + 3000, [Shared(0, 294 * MIB, 0)])) == 3000


def test_a_change_near_the_beginning_sends_what_precedes_it_too() -> None:
    parts = plan_parts(294 * MIB, [Shared(0, 2000, 0), Shared(5000, 294 * MIB, 4000)])

    assert sent_bytes(parts) == LEAST_BYTES
