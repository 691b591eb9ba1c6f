"""Bucket policies: who may do what beside what lists say, as JSON; what can't be judged here is refused when it is put.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from dvc_sync_s3.s3.access.accounts import ANONYMOUS, Account
from dvc_sync_s3.s3.errors import S3Error

MAX_BYTES = 20 * 1024
_ARN = "arn:aws:s3:::"
_ACCOUNT_ARN = re.compile(r"arn:aws:iam::(?P<name>[^:]+):root")
_SOURCE_IP = "aws:SourceIp"
_PREFIX = "s3:prefix"
_PREFIX_OPERATORS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
_ADDRESS_OPERATORS = ("IpAddress", "NotIpAddress")


class Effect(StrEnum):
    """What a statement does where it applies."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Question:
    """What a policy is asked: an action on an ARN without its beginning (`bucket` or `bucket/key`), and by whom."""

    action: str
    resource: str
    account: Account
    prefix: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: an operator, its key, and values of which one must fit (or, for a `Not` operator, none)."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, question: Question) -> bool:
        """Tell whether the statement applies as far as this condition goes."""
        return any(self._fits(value, question) for value in self.values) is ("Not" not in self.operator)

    def _fits(self, value: str, question: Question) -> bool:
        if self.key == _SOURCE_IP:
            try:
                return ipaddress.ip_address(question.address) in ipaddress.ip_network(value, strict=False)
            except ValueError:
                return False
        return question.prefix == value if self.operator.endswith("Equals") else _matches(value, question.prefix)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy; `principals` are ids or names of accounts, or `*` for everyone."""

    effect: Effect
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def applies(self, question: Question) -> bool:
        """Tell whether the statement is about what is asked."""
        return (
            self._names(question.account)
            and any(_matches(action.lower(), question.action.lower()) for action in self.actions)
            and any(_matches(resource, question.resource) for resource in self.resources)
            and all(condition.holds(question) for condition in self.conditions)
        )

    def _names(self, account: Account) -> bool:
        return "*" in self.principals or (
            account != ANONYMOUS and any(named in self.principals for named in (account.id, account.name) if named)
        )


@dataclass(frozen=True, slots=True)
class BucketPolicy:
    """All statements together."""

    statements: tuple[Statement, ...]

    def verdict(self, question: Question) -> Effect | None:
        """Return `Deny` if one statement says so, else `Allow` if one does, else None."""
        effects = {statement.effect for statement in self.statements if statement.applies(question)}
        return next((effect for effect in (Effect.DENY, Effect.ALLOW) if effect in effects), None)

    @property
    def is_public(self) -> bool:
        """Tell whether it lets in everyone, wherever they are."""
        return any(
            statement.effect is Effect.ALLOW
            and "*" in statement.principals
            and not any(condition.key == _SOURCE_IP for condition in statement.conditions)
            for statement in self.statements
        )


def read_policy(text: bytes, bucket: str) -> BucketPolicy:
    """Read the policy of `bucket`; raise `MalformedPolicy` for what is wrong, or can't be judged here."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _malformed("it is not JSON") from None
    if not isinstance(found, dict) or not found.keys() <= {"Version", "Id", "Statement"}:
        raise _malformed("it must be an object of Version, Id and Statement")
    statements = found.get("Statement")
    listed = [statements] if isinstance(statements, dict) else statements
    if not isinstance(listed, list) or not listed:
        raise _malformed("it has no Statement")
    return BucketPolicy(tuple(_statement(each, bucket) for each in listed))


@lru_cache(maxsize=64)
def stored_policy(kept: bytes | None, bucket: str) -> BucketPolicy | None:
    """Return the policy of a bucket that keeps this document, None if it has none."""
    return read_policy(kept, bucket) if kept else None


def _statement(found: object, bucket: str) -> Statement:
    if not isinstance(found, dict):
        raise _malformed("a Statement must be an object")
    known = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    if unknown := sorted(found.keys() - known):
        raise _malformed(f"{unknown[0]} is not supported")
    if found.get("Effect") not in set(Effect):
        raise _malformed("Effect must be Allow or Deny")
    resources = tuple(_resource(text, bucket) for text in _texts(found.get("Resource"), "Resource"))
    actions = _texts(found.get("Action"), "Action")
    if not all(action == "*" or action.lower().startswith("s3:") for action in actions):
        raise _malformed("Action must be S3's")
    return Statement(
        effect=Effect(found["Effect"]),
        principals=_principals(found.get("Principal")),
        actions=actions,
        resources=resources,
        conditions=_conditions(found.get("Condition", {})),
    )


def _principals(found: object) -> tuple[str, ...]:
    if found == "*":
        return ("*",)
    if not isinstance(found, dict) or not found or not found.keys() <= {"AWS", "CanonicalUser"}:
        raise _malformed("Principal must be *, AWS or CanonicalUser")
    named = [text for kind in found for text in _texts(found[kind], "Principal")]
    arns = ((text, _ACCOUNT_ARN.fullmatch(text)) for text in named)
    return tuple(arn["name"] if arn else text for text, arn in arns)


def _resource(text: str, bucket: str) -> str:
    resource = text.removeprefix(_ARN)
    if resource == text or not (resource == bucket or resource.startswith(f"{bucket}/")):
        raise _malformed("it has a Resource that is not the bucket's")
    return resource


def _conditions(found: object) -> tuple[Condition, ...]:
    if not isinstance(found, dict) or not all(isinstance(keys, dict) for keys in found.values()):
        raise _malformed("Condition must be an object of objects")
    return tuple(_condition(operator, key, values) for operator, keys in found.items() for key, values in keys.items())


def _condition(operator: str, key: str, found: object) -> Condition:
    values = _texts(found, "Condition")
    if operator in _PREFIX_OPERATORS and key == _PREFIX:
        return Condition(operator, key, values)
    if operator in _ADDRESS_OPERATORS and key == _SOURCE_IP:
        try:
            return Condition(operator, key, tuple(str(ipaddress.ip_network(value, strict=False)) for value in values))
        except ValueError:
            raise _malformed(f"{_SOURCE_IP} takes addresses") from None
    raise _malformed(f"the condition {operator} {key} is not supported")


def _texts(found: object, name: str) -> tuple[str, ...]:
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not listed or not all(isinstance(text, str) and text for text in listed):
        raise _malformed(f"{name} must be text or a list of texts")
    return tuple(listed)


def _matches(pattern: str, text: str) -> bool:
    """Tell whether `text` fits: `*` stands for any text, `?` for one character.

    >>> _matches("b/out/*", "b/out/318"), _matches("s3:Get?", "s3:Get")
    (True, False)
    """
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    special: Mapping[str, str] = {"*": ".*", "?": "."}
    return re.compile("".join(special.get(character, re.escape(character)) for character in pattern), re.DOTALL)


def _malformed(reason: str) -> S3Error:
    return S3Error("MalformedPolicy", f"The policy is not valid: {reason}.")
