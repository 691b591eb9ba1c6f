"""The file `.env`: what stands in it, or one sentence about the line that is wrong.

Parsed by python-dotenv. Its parser is asked, not `dotenv_values`, because that skips lines it can't read and replaces
`${…}` within single quotes too.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from dotenv.variables import parse_variables

from dvc_sync_s3.errors import SettingsError

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SINGLE_QUOTED = re.compile(r"[^=]*=\s*'")
_CLOSE = 0.8
"""How alike a misspelt name is at least: difflib's ratio."""
_OF_OTHERS = re.compile(
    r"GIT_(AUTHOR|COMMITTER)_DATE|GIT_(ASKPASS|CONFIG.*|CURL.*|HTTP.*|PROXY.*|SSL.*|SSH|SSH_COMMAND|SSH_VARIANT|TRACE.*)"
    r"|S3_ENDPOINT|AWS_(DEFAULT_)?REGION|AWS_SESSION_TOKEN|AWS_ENDPOINT_URL.*|AWS_PROFILE|AWS_CA_BUNDLE"
)
"""Names like ours that git, clients for S3 and Label Studio read: https://git-scm.com/docs/git#_environment_variables"""


def read_env_file(path: Path, settings: Collection[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the names and values in the file, nothing if there is none; names as written, `${…}` replaced.

    `settings` are the names that have a meaning here. Raises SettingsError for a file that can't be read, a line that
    isn't `NAME=value`, and a name that is nearly a setting's.
    """
    values: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(_text(path))):
        name = binding.key
        if name is None and not binding.error:
            continue  # a comment, or an empty line
        where = f"{path} line {_line(binding)}"
        if name is None or binding.error or binding.value is None:
            raise SettingsError(f"{where} can't be read: write NAME=value, and # before a comment.")
        if (meant := nearly(name, settings)) is not None:
            raise SettingsError(f"{where} sets {name}, which is no setting: {meant} is meant, or remove the line.")
        values[name] = _replaced(binding, {**values, **environ})
    return values


def nearly(name: str, settings: Collection[str]) -> str | None:
    """Return the setting that a misspelt name means; None for a setting itself and for names of others.

    >>> nearly("DVC_DATSET", ["DVC_DATASET", "GIT_REPO"]), nearly("GIT_REPO_URL", ["DVC_DATASET", "GIT_REPO"])
    ('DVC_DATASET', 'GIT_REPO')
    >>> nearly("S3_ENDPOINT", ["DVC_S3_ENDPOINT"]), nearly("HTTPS_PROXY", ["GIT_REPO"])
    (None, None)
    """
    upper = name.upper().replace("-", "_")
    if name.upper() in settings or _OF_OTHERS.fullmatch(upper):
        return None
    if upper in settings:
        return upper
    begun = max((one for one in settings if "_" in one and upper.startswith(f"{one}_")), key=len, default=None)
    return begun or next(iter(get_close_matches(upper, settings, n=1, cutoff=_CLOSE)), None)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}.") from None
    if content.startswith(_UTF_16) or b"\0" in content:
        raise SettingsError(f"{path} is saved as UTF-16: save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path} line {line} isn't UTF-8: save the file as UTF-8.") from None


def _line(binding: Binding) -> int:
    """Return the line of the name: the parser counts from the empty lines before it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _replaced(binding: Binding, known: Mapping[str, str]) -> str:
    value = binding.value or ""
    if _SINGLE_QUOTED.match(binding.original.string):
        return value
    return "".join(atom.resolve(known) for atom in parse_variables(value))
