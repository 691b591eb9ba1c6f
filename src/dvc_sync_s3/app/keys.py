"""The key pair Label Studio signs with: the settings', or one made once and kept in the data folder."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace
from starlette.types import Scope

from dvc_sync_s3 import durable
from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.s3.access.accounts import MAIN, named_account
from dvc_sync_s3.s3.errors import S3Error
from dvc_sync_s3.s3.request import head_of, parse_request
from dvc_sync_s3.s3.sigv4.claim import read_claim
from dvc_sync_s3.s3.sigv4.verify import Keyring, verify_claim
from dvc_sync_s3.settings import Settings

FILE_NAME = "keys.json"
_OF_NOTHING = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An access key id and its secret; `is_generated` if we made them, so that only we can tell the user."""

    access_key_id: str
    secret: str = field(repr=False)
    is_generated: bool


def key_pair(settings: Settings, folder: Path) -> KeyPair:
    """Return the settings' key pair, or the one kept in `folder`, made now if there is none.

    Raises SettingsError if the file that keeps it is damaged. The caller sees to it that only one process makes one.
    """
    if settings.aws_access_key_id is not None and settings.aws_secret_access_key is not None:
        return KeyPair(
            settings.aws_access_key_id, settings.aws_secret_access_key.get_secret_value(), is_generated=False
        )
    path = folder / FILE_NAME
    if path.exists():
        return _read(path)
    made = KeyPair("DVCSYNC" + secrets.token_hex(6).upper(), secrets.token_urlsafe(30), is_generated=True)
    content = {"access_key_id": made.access_key_id, "secret_access_key": made.secret}
    durable.write_file(path, json.dumps(content, indent=1).encode() + b"\n", mode=durable.PRIVATE)
    return made


def keyring(main: KeyPair, settings: Settings) -> Keyring:
    """Return all keys that may sign: the main pair, which may do everything, and the settings' extra ones."""
    extra = [key for key in settings.extra_keys if key.access_key_id != main.access_key_id]
    return Keyring(
        {main.access_key_id: main.secret} | {key.access_key_id: key.secret for key in extra},
        read_only=frozenset(key.access_key_id for key in extra if key.mode == "ro"),
        accounts={key.access_key_id: named_account(key.owner) for key in extra if key.owner is not None},
    )


def refusal(scope: Scope, ring: Keyring, now: datetime) -> str | None:
    """Return why a request may not command the service: the main account's keys that may write sign such requests."""
    try:
        request = parse_request(head_of(scope), "")
        # curl 7.88 signs the hash of its empty body without naming it.
        named = replace(request, headers={"x-amz-content-sha256": _OF_NOTHING, **request.headers})
        signed = verify_claim(read_claim(named), request, ring, now)
    except S3Error as error:
        return f"{error.code}: {error.message}"
    key_id = signed.credential.access_key_id
    if key_id in ring.read_only or ring.account(key_id) is not MAIN:
        return "AccessDenied: this key may not ask for a sync; sign with AWS_ACCESS_KEY_ID and its secret."
    return None


def _read(path: Path) -> KeyPair:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return KeyPair(str(kept["access_key_id"]), str(kept["secret_access_key"]), is_generated=True)
    except (ValueError, KeyError, TypeError):
        raise SettingsError(
            f"{path} is damaged: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or delete it to get a new pair."
        ) from None
