"""Where a body lies among the plain files: pure rules about keys and paths."""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from dataclasses import dataclass

LONGEST_SEGMENT_BYTES = 255
_LONGEST_PATH_BYTES = {"win32": 259, "darwin": 1023}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\\]|[. ]$')
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PathRules:
    """What the file system under a data folder can tell apart and hold."""

    is_windows: bool
    is_folding: bool
    """Two names that differ in case or in Unicode form are one."""
    longest_key_bytes: int
    """Of bucket, slash and key in UTF-8."""


def path_rules(root: str, *, is_folding: bool) -> PathRules:
    """Return this system's rules for a data folder whose absolute path is `root`."""
    longest_path_bytes = _LONGEST_PATH_BYTES.get(sys.platform, 4095)
    return PathRules(
        is_windows=sys.platform == "win32",
        is_folding=is_folding,
        longest_key_bytes=longest_path_bytes - len(root.encode(errors="surrogatepass")) - 1,
    )


def is_bucket_name(name: str) -> bool:
    """Return whether `name` may name a bucket and its folder.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

    >>> is_bucket_name("annotations"), is_bucket_name(".dvc-sync-s3"), is_bucket_name("a..b")
    (True, False, False)
    """
    return _BUCKET.fullmatch(name) is not None and ".." not in name


def plain_path(bucket: str, key: str, rules: PathRules) -> tuple[str, ...] | None:
    """Return the folders and the file name that hold `key`, the bucket's folder first, or None if no path can.

    >>> rules = PathRules(is_windows=False, is_folding=False, longest_key_bytes=4000)
    >>> plain_path("b", "out/318", rules)
    ('b', 'out', '318')
    >>> plain_path("b", "out//318", rules), plain_path("b", "../318", rules)
    (None, None)
    """
    path = (bucket, *key.split("/"))
    try:
        length = len("/".join(path).encode())
    except UnicodeEncodeError:
        return None
    if length > rules.longest_key_bytes or not all(_fits(segment, rules) for segment in path):
        return None
    return path


def odd_name(bucket: str, key: str) -> str:
    """Return the file name, of 64 hexadecimal digits, under which a key that no path holds is kept.

    >>> odd_name("b", "a//b") == odd_name("b", "a//b") != odd_name("b", "a/b")
    True
    """
    return hashlib.sha256(f"{bucket}\0{key}".encode()).hexdigest()


def _fits(segment: str, rules: PathRules) -> bool:
    if segment in {"", ".", ".."} or _CONTROL.search(segment):
        return False
    if len(segment.encode()) > LONGEST_SEGMENT_BYTES:
        return False
    if rules.is_folding and segment != _folded(segment):
        return False
    return not (rules.is_windows and (_NOT_ON_WINDOWS.search(segment) or _DEVICE.match(segment)))


def _folded(segment: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", segment).casefold())
