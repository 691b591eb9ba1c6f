"""The policy of a browser's form upload: what the one who signed it allows the form to say.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from dvc_sync_s3.s3.errors import S3Error

_EXPIRATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
_ESCAPE = re.compile(r"\\(.)")
_SIZE = re.compile(r"\d{1,18}", re.ASCII)
_NOT_IN_POLICY = frozenset({"policy", "x-amz-signature"})


class Operator(StrEnum):
    """How a field is compared."""

    EQ = "eq"
    STARTS_WITH = "starts-with"


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field must say; its name is in lower case."""

    operator: Operator
    field: str
    value: str

    def holds(self, given: str) -> bool:
        """Tell whether `given` may stand in the field; a list of content types must hold each by itself."""
        if self.operator is Operator.EQ:
            return given == self.value
        each = given.split(",") if self.field == "content-type" else [given]
        return all(item.strip().startswith(self.value) for item in each)


@dataclass(frozen=True, slots=True)
class Policy:
    """Until when and under which conditions a form may upload; sizes of the object in bytes, both included."""

    expires_at: datetime
    conditions: tuple[Condition, ...]
    least_size: int = 0
    most_size: int | None = None

    def check_fields(self, fields: Mapping[str, str], now: datetime) -> None:
        """Raise `AccessDenied` unless every condition holds and every field has one; names are in lower case."""
        if now > self.expires_at:
            raise S3Error("AccessDenied", "Invalid according to Policy: Policy expired.")
        for condition in self.conditions:
            if not condition.holds(fields.get(condition.field, "")):
                failed = json.dumps([condition.operator, f"${condition.field}", condition.value])
                raise S3Error("AccessDenied", f"Invalid according to Policy: Policy Condition failed: {failed}")
        allowed = {condition.field for condition in self.conditions} | _NOT_IN_POLICY
        extra = sorted(name for name in fields if name not in allowed and not name.startswith("x-ignore-"))
        if extra:
            raise S3Error("AccessDenied", f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")

    def check_size(self, size: int) -> None:
        """Raise `EntityTooSmall` or `EntityTooLarge` for an object of `size` bytes."""
        if size < self.least_size:
            raise S3Error(
                "EntityTooSmall", extras=(("ProposedSize", str(size)), ("MinSizeAllowed", str(self.least_size)))
            )
        self.check_size_so_far(size)

    def check_size_so_far(self, size: int) -> None:
        """Raise `EntityTooLarge` once `size` bytes are too many."""
        if self.most_size is not None and size > self.most_size:
            raise S3Error(
                "EntityTooLarge", extras=(("ProposedSize", str(size)), ("MaxSizeAllowed", str(self.most_size)))
            )


NO_POLICY = Policy(datetime.max.replace(tzinfo=UTC), ())
"""For a form that nobody signed: an object of any size."""


def parse_policy(encoded: str) -> Policy:
    """Read a policy as a form carries it, in base64; raise `InvalidPolicyDocument`."""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
        found = json.loads(_ESCAPE.sub(_unescape_dollar, text))
    except (ValueError, RecursionError):
        raise _invalid("it is not base64 of JSON") from None
    if not isinstance(found, dict):
        raise _invalid("it is not a JSON object")
    conditions: list[Condition] = []
    least_size, most_size = 0, None
    for entry in _entries(found.get("conditions")):
        match entry:
            case [str(name), least, most] if name.lower() == "content-length-range":
                least_size = max(least_size, _size(least))
                most_size = min(_size(most), most_size if most_size is not None else _size(most))
            case _:
                conditions.append(_condition(entry))
    return Policy(_expiration(found.get("expiration")), tuple(conditions), least_size, most_size)


def _entries(conditions: object) -> Iterator[object]:
    if not isinstance(conditions, list) or not conditions:
        raise _invalid("it has no list of conditions")
    for entry in conditions:
        if isinstance(entry, dict) and entry:
            yield from (["eq", f"${name}", value] for name, value in entry.items())
        else:
            yield entry


def _condition(entry: object) -> Condition:
    match entry:
        case [str(operator), str(field), str(value)] if field.startswith("$"):
            try:
                return Condition(Operator(operator.lower()), field[1:].lower(), value)
            except ValueError:
                raise _invalid(f"{operator!r} is no condition") from None
    raise _invalid(f"{json.dumps(entry)} is no condition")


def _size(value: object) -> int:
    if isinstance(value, int | str) and _SIZE.fullmatch(str(value)):
        return int(value)
    raise _invalid("content-length-range takes two numbers of bytes")


def _expiration(text: object) -> datetime:
    if isinstance(text, str) and _EXPIRATION.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise _invalid('its expiration is not a time such as "2030-12-31T12:00:00.000Z"')


def _unescape_dollar(found: re.Match[str]) -> str:
    r"""Read `\$`, which AWS has beside JSON's own escapes."""
    return "$" if found[1] == "$" else found[0]


def _invalid(reason: str) -> S3Error:
    return S3Error("InvalidPolicyDocument", f"Invalid Policy: {reason}.")
