"""Annotations that moved to another task of their project, as by Label Studio's *Remove Duplicated Tasks*.

An annotation's id is unique in its project, so it is in one task: that of the object that told it last. Objects that
still hold it as of its former task are overruled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dvc_sync_s3.dataset.annotation import NO_PROJECT
from dvc_sync_s3.sync.finding import AnnotationName, Claim, Finding, Known, ObjectName


def overruled(claims: Iterable[Claim]) -> Mapping[tuple[ObjectName, AnnotationName], int]:
    """Return which of `claims` are overruled, and by the change of which seq. Ids of no project are nobody's.

    >>> from dvc_sync_s3.dataset.model import RecordId
    >>> claims = [Claim(("b", str(task)), (RecordId(1, task), 7), seq) for task, seq in ((91, 3), (92, 2))]
    >>> overruled(claims)
    {(('b', '92'), (RecordId(project=1, task=92), 7)): 3}
    """
    ordered = sorted((each for each in claims if each.annotation[0].project != NO_PROJECT), key=lambda each: each.seq)
    newest = {_id(each): each for each in ordered}
    return {
        (each.object, each.annotation): newest[_id(each)].seq
        for each in ordered
        if newest[_id(each)].annotation != each.annotation
    }


def overruled_by(findings: Mapping[ObjectName, Finding], known: Known) -> frozenset[tuple[ObjectName, AnnotationName]]:
    """Return which claims are overruled once `findings` are true, those of objects outside the bundle included."""
    current = [each for each in findings.values() if not each.gives_way]  # the others may be older than any claim
    told = [Claim(each.name, annotation, each.seq) for each in current for annotation in each.annotations]
    before = (each for each in known.claims if not _is_told_anew(each, findings))
    valid = (each for each in (*before, *told) if (each.object, each.annotation) not in known.overruled)
    return known.overruled | overruled(valid).keys()


def _is_told_anew(claim: Claim, findings: Mapping[ObjectName, Finding]) -> bool:
    finding = findings.get(claim.object)
    return finding is not None and (finding.lets_go or claim.annotation in finding.annotations)


def _id(claim: Claim) -> tuple[int, int]:
    record, annotation = claim.annotation
    return record.project, annotation
