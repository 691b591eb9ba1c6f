"""Objects whose content makes a cycle fail: found by halving the bundle, and set aside so that the rest is synced."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog

from dvc_sync_s3.dataset.model import Skipped
from dvc_sync_s3.store.model import ChangeKind
from dvc_sync_s3.sync.content_failure import Failed, attempt, why_it_fails
from dvc_sync_s3.sync.kind import Kind
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.plan import Reading
from dvc_sync_s3.sync.reading import Bundle

log = structlog.get_logger("sync")

T = TypeVar("T")

_MOST_AT_ONCE = 16
"""Each costs about 14 trials in a bundle of 10,000 changes; those behind come with the next bundle."""


_MOST_AGAIN = 100
"""As many are tried once more in one cycle; while they work, further ones in the next."""


class SetAside:
    """What was set aside since the worker's start; the ledger knows it as skipped once its bundle is synced."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._basis = ""
        self._found: dict[tuple[str, str, int], Skipped] = {}

    def again(self, bundle: Bundle | None, up_to: int, ledger: Ledger, basis_now: Callable[[], str]) -> Bundle | None:
        """Return the bundle with what was set aside before, if that was tried with another basis than that of now.

        The basis is what a failure may come from besides the object: a record of the dataset, a version of the service.
        """
        names = ledger.set_aside(_MOST_AGAIN)
        if not names or ledger.tried_with == (basis := basis_now()):
            return bundle
        if basis != self._basis:
            self._found.clear()
            self._basis = basis
        if not (readings := self._kind.again(names, up_to)):
            return bundle
        left = bundle or Bundle((), up_to)
        changed = {(each.change.bucket, each.change.key) for each in left.readings}
        before = [each for each in readings if (each.change.bucket, each.change.key) not in changed]
        return Bundle((*before, *left.readings), left.seq)

    def tried(self, bundle: Bundle, ledger: Ledger, before: str, basis: str) -> None:
        """Remember that what is set aside was tried, with `before`, once all of it was; our own commit made `basis`."""
        left = ledger.set_aside(_MOST_AGAIN)
        if not left or ledger.tried_with == basis:
            return
        tried = {(each.change.bucket, each.change.key) for each in bundle.readings}
        if ledger.tried_with == before or tried.issuperset(left):
            ledger.tried(basis)

    def prepare(self, bundle: Bundle, prepare: Callable[[Bundle], T]) -> T:
        """Return what `prepare`, which has no effect outside this machine, makes of the bundle or of what works of it.

        An object that makes it fail is replaced by the reason; one that fails only together with those before it
        begins the next bundle. Raises what `prepare` raises if no object causes it.
        """
        bundle = replace(bundle, readings=tuple(map(self._without, bundle.readings)))
        outcome = attempt(partial(prepare, bundle))
        if isinstance(outcome, Failed):
            return self._search(bundle, prepare, outcome.error)
        return outcome

    def _search(self, bundle: Bundle, prepare: Callable[[Bundle], T], error: Exception) -> T:
        def failure(readings: Sequence[Reading]) -> Exception | None:
            outcome = attempt(partial(prepare, Bundle(tuple(readings), bundle.seq)))
            return outcome.error if isinstance(outcome, Failed) else None

        if not bundle.readings or failure([self._plain(bundle)]):
            raise error
        left = bundle
        for found in range(_MOST_AT_ONCE + 1):
            at = _first_failing(left.readings, failure)
            if at is not None:
                alone = failure(left.readings[at : at + 1]) if found < _MOST_AT_ONCE else None
                left = _up_to(left, at, error) if alone is None else self._set_aside(left, at, alone)
            outcome = attempt(partial(prepare, left))
            if not isinstance(outcome, Failed):
                return outcome
            error = outcome.error
        raise error

    def _without(self, reading: Reading) -> Reading:
        change = reading.change
        reason = self._found.get((change.bucket, change.key, change.seq))
        return reading if reason is None else replace(reading, content=reason)

    def _set_aside(self, bundle: Bundle, at: int, error: Exception) -> Bundle:
        reading = bundle.readings[at]
        change = reading.change
        places = attempt(partial(self._kind.places, reading))
        where = "" if isinstance(places, Failed) or not places else f" (in the dataset: {'; '.join(places)})"
        reason = Skipped(f"{why_it_fails(error)}{where}")
        self._found[change.bucket, change.key, change.seq] = reason
        log.error("object set aside", bucket=change.bucket, key=change.key, reason=reason.reason, exc_info=error)
        return replace(bundle, readings=tuple(map(self._without, bundle.readings)))

    def _plain(self, bundle: Bundle) -> Reading:
        """Return a reading that nothing is wrong with: if it fails too, the fault is in no object."""
        change = replace(bundle.readings[0].change, kind=ChangeKind.PUT, key="-")
        return Reading(change, self._kind.plain())


def _first_failing(readings: Sequence[Reading], failure: Callable[[Sequence[Reading]], object]) -> int | None:
    """Return which reading makes those up to it fail, None if none does now."""
    at = bisect_left(range(1, len(readings) + 1), 1, key=lambda length: failure(readings[:length]) is not None)
    return at if at < len(readings) else None


def _up_to(bundle: Bundle, at: int, error: Exception) -> Bundle:
    first_left = bundle.readings[at].change
    log.warning("bundle cut short", before=f"{first_left.bucket}/{first_left.key}", exc_info=error)
    return Bundle(bundle.readings[:at], first_left.seq - 1)
