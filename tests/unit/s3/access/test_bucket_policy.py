"""Bucket policies: what can't be judged is refused, so that nobody relies on it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dvc_sync_s3.s3.access.accounts import ANONYMOUS, MAIN, named_account
from dvc_sync_s3.s3.access.bucket_policy import Effect, Question, read_policy
from tests.unit.s3.asgi import refusal_of

OTHER = named_account("other")
GOOD: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::team/*",
}


def policy_of(**changes: Any) -> bytes:
    changed = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [changed]}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Maybe"},
        {"Principal": None},
        {"Principal": {"Federated": "x"}},
        {"Principal": {}},
        {"Principal": None, "NotPrincipal": {"AWS": "x"}},
        {"Action": None, "NotAction": "s3:GetObject"},
        {"Action": "iam:GetUser"},
        {"Action": []},
        {"Resource": "arn:aws:s3:::other/*"},
        {"Resource": "arn:aws:s3:::team-2"},
        {"Resource": "team/*"},
        {"Condition": {"StringEquals": {"aws:username": "me"}}},
        {"Condition": {"NumericLessThan": {"s3:prefix": "1"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "home"}}},
        {"Condition": {"StringLike": "public/*"}},
        {"Condition": []},
        {"Extra": 1},
    ],
)
def test_what_can_not_be_judged_is_refused(changes: dict[str, Any]) -> None:
    assert refusal_of(lambda: read_policy(policy_of(**changes), "team")) == "MalformedPolicy"
    assert refusal_of(lambda: read_policy(policy_of(), "team")) is None


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b'{"Statement": []}', b'{"Statement": [1]}', b"[" * 100_000])
def test_what_is_no_policy_is_refused(text: bytes) -> None:
    assert refusal_of(lambda: read_policy(text, "team")) == "MalformedPolicy"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", (True, True, True)),
        ({"AWS": "*"}, (True, True, True)),
        ({"AWS": ["arn:aws:iam::other:root"]}, (True, False, False)),
        ({"AWS": OTHER.id}, (True, False, False)),
        ({"CanonicalUser": OTHER.id}, (True, False, False)),
        ({"AWS": "arn:aws:iam::third:root"}, (False, False, False)),
        ({"AWS": ANONYMOUS.name}, (False, False, False)),
    ],
)
def test_a_principal_is_everyone_or_named(principal: object, expected: tuple[bool, bool, bool]) -> None:
    names_other, names_anonymous, is_public = expected
    policy = read_policy(policy_of(Principal=principal), "team")
    assert [policy.verdict(Question("s3:GetObject", "team/318", account)) for account in (OTHER, ANONYMOUS)] == [
        Effect.ALLOW if named else None for named in (names_other, names_anonymous)
    ]
    assert policy.is_public is is_public


@pytest.mark.parametrize(
    ("action", "resource", "applies"),
    [
        ("s3:GetObject", "team/318", True),
        ("S3:getobject", "team/out/318", True),
        ("s3:GetObjectAcl", "team/318", False),
        ("s3:GetObject", "team", False),
        ("s3:GetObject", "teams/318", False),
    ],
)
def test_an_action_has_no_case_and_a_resource_has(action: str, resource: str, applies: bool) -> None:  # noqa: FBT001
    policy = read_policy(policy_of(), "team")
    assert (policy.verdict(Question(action, resource, MAIN)) is Effect.ALLOW) is applies


@pytest.mark.parametrize(
    ("operator", "prefix", "holds"),
    [
        ("StringEquals", "a/", True),
        ("StringEquals", "a/b", False),
        ("StringNotEquals", "a/b", True),
        ("StringLike", "b/c", True),
        ("StringNotLike", "b/c", False),
        ("StringNotLike", "c", True),
    ],
)
def test_a_condition_holds_for_one_of_its_values(operator: str, prefix: str, holds: bool) -> None:  # noqa: FBT001
    condition = {operator: {"s3:prefix": ["a/", "b/*"]}}
    text = policy_of(Action="s3:ListBucket", Resource="arn:aws:s3:::team", Condition=condition)
    verdict = read_policy(text, "team").verdict(Question("s3:ListBucket", "team", MAIN, prefix))
    assert (verdict is Effect.ALLOW) is holds


def test_a_policy_for_some_addresses_is_not_public() -> None:
    assert not read_policy(policy_of(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "team").is_public
    assert read_policy(policy_of(Effect="Deny"), "team").is_public is False
