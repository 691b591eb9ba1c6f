"""What a signed policy lets a form say."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from dvc_sync_s3.s3.policy import Policy, parse_policy
from tests.unit.s3.asgi import refusal_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOON = "2026-01-01T00:10:00.000Z"


def policy(*conditions: object, **members: object) -> Policy:
    return parse_policy(encoded(json.dumps({"expiration": SOON, "conditions": list(conditions), **members})))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def refusal(allowed: Policy, fields: dict[str, str], at: datetime = NOW) -> str | None:
    return refusal_of(lambda: allowed.check_fields(fields, at))


@pytest.mark.parametrize("condition", [{"key": "a/1"}, ["eq", "$key", "a/1"], ["starts-with", "$key", "a/"]])
def test_a_field_that_meets_its_condition_is_allowed(condition: object) -> None:
    assert refusal(policy(condition), {"key": "a/1"}) is None


@pytest.mark.parametrize("condition", [{"key": "A/1"}, ["eq", "$key", "a"], ["starts-with", "$key", "b"]])
def test_a_field_that_breaks_its_condition_is_refused(condition: object) -> None:
    assert refusal(policy(condition), {"key": "a/1"}) == "AccessDenied"


def test_a_condition_on_a_missing_field_is_broken() -> None:
    assert refusal(policy({"key": "a"}, {"acl": "private"}), {"key": "a"}) == "AccessDenied"


def test_anything_may_start_with_nothing() -> None:
    assert refusal(policy(["starts-with", "$success_action_redirect", ""]), {}) is None


def test_operators_and_fields_may_be_in_any_case() -> None:
    assert refusal(policy({"bUcKeT": "b"}, ["StArTs-WiTh", "$KeY", "f"]), {"bucket": "b", "key": "foo"}) is None


@pytest.mark.parametrize(("types", "code"), [("image/png,image/jpeg", None), ("image/png, text/html", "AccessDenied")])
def test_each_of_several_content_types_must_meet_the_condition(types: str, code: str | None) -> None:
    assert refusal(policy(["starts-with", "$Content-Type", "image/"]), {"content-type": types}) == code


def test_a_field_without_a_condition_is_refused() -> None:
    assert refusal(policy({"key": "a"}), {"key": "a", "x-amz-meta-uuid": "1"}) == "AccessDenied"


def test_the_signature_the_policy_and_ignored_fields_need_no_condition() -> None:
    fields = {"key": "a", "policy": "e30=", "x-amz-signature": "0", "x-ignore-me": "1"}
    assert refusal(policy({"key": "a"}), fields) is None


def test_a_policy_holds_until_it_expires() -> None:
    allowed = policy({"key": "a"})
    minutes = timedelta(minutes=1)

    assert refusal(allowed, {"key": "a"}, NOW + 10 * minutes) is None
    assert refusal(allowed, {"key": "a"}, NOW + 11 * minutes) == "AccessDenied"


@pytest.mark.parametrize(("size", "code"), [(9, "EntityTooSmall"), (10, None), (20, None), (21, "EntityTooLarge")])
def test_an_object_has_a_size_within_the_range(size: int, code: str | None) -> None:
    allowed = policy({"key": "a"}, ["content-length-range", 10, "20"])
    assert refusal_of(lambda: allowed.check_size(size)) == code


def test_of_several_ranges_each_counts() -> None:
    allowed = policy(["content-length-range", 1, 30], ["Content-Length-Range", 0, 20])
    assert (allowed.least_size, allowed.most_size) == (1, 20)


def test_a_dollar_may_be_escaped() -> None:
    text = r'{"expiration": "2026-01-01T00:10:00Z", "conditions": [["eq", "\$key", "a\\\\\u0024\$b"]]}'
    assert refusal(parse_policy(encoded(text)), {"key": r"a\\$$b"}) is None


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "[" * 100_000,
        "{}",
        json.dumps({"expiration": SOON}),
        json.dumps({"expiration": SOON, "conditions": []}),
        json.dumps({"expiration": SOON, "Conditions": [{"key": "a"}]}),
        json.dumps({"EXPIRATION": SOON, "conditions": [{"key": "a"}]}),
        json.dumps({"expiration": "2026-01-01 00:10:00+00:00", "conditions": [{"key": "a"}]}),
        json.dumps({"expiration": "2026-13-01T00:10:00Z", "conditions": [{"key": "a"}]}),
        json.dumps({"expiration": 1, "conditions": [{"key": "a"}]}),
    ],
)
def test_a_policy_has_an_expiration_and_conditions(text: str) -> None:
    assert refusal_of(lambda: parse_policy(encoded(text))) == "InvalidPolicyDocument"


@pytest.mark.parametrize("text", ["no base64!", "/////w=="])
def test_a_policy_is_base64_of_utf_8(text: str) -> None:
    assert refusal_of(lambda: parse_policy(text)) == "InvalidPolicyDocument"


@pytest.mark.parametrize(
    "condition",
    [
        [],
        {},
        "key",
        {"key": 1},
        ["eq", "key", "a"],
        ["eq", "$key"],
        ["ends-with", "$key", "a"],
        ["content-length-range", 0],
        ["content-length-range", -1, 0],
        ["content-length-range", 0, True],
        ["content-length-range", 0, 1.5],
    ],
)
def test_a_condition_that_nobody_knows_is_refused(condition: object) -> None:
    assert refusal_of(lambda: policy(condition)) == "InvalidPolicyDocument"
