"""Write the pages that code already knows: `.env.example`, the settings and the S3 operations.

`python scripts/write_reference.py` writes them, `--check` only tells whether they are as they would be written.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic.fields import FieldInfo

from dvc_sync_s3.s3.access.acl import Permission
from dvc_sync_s3.s3.access.decision import Holder, need_of
from dvc_sync_s3.s3.operations import OPERATIONS
from dvc_sync_s3.s3.routing import ROUTES
from dvc_sync_s3.settings import Settings

_CHECKOUT = Path(__file__).parents[1]
_AWS = "https://docs.aws.amazon.com/AmazonS3/latest/API"
_WRITTEN_BY = "<!-- Written by scripts/write_reference.py; don't edit it by hand. -->"

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "The service": ("HOST", "PORT", "WEB_CONCURRENCY"),
    "What Label Studio connects to": ("AWS_", "S3_"),
    "The team's repository": ("GIT_",),
    "The dataset and its DVC remote": ("DVC_",),
    "What becomes the dataset": ("DATASET_", "MERGE_"),
    "When waiting changes become a commit": ("BUNDLE_",),
}

_EXAMPLES: Mapping[str, str] = {
    "WEB_CONCURRENCY": "4",
    "AWS_ACCESS_KEY_ID": "label-studio",
    "AWS_SECRET_ACCESS_KEY": "at-least-as-long-as-this-one",
    "S3_EXTRA_KEYS": "'colleague:at-least-as-long-as-this-one:rw,dashboard:another-long-secret:ro'",
    "GIT_REPO": "https://github.com/your-team/your-dataset.git",
    "GIT_PAT_NAME": "your-bot",
    "GIT_PAT_TOKEN": "'your-token'",
    "GIT_AUTHOR_NAME": '"Annotation Bot"',
    "GIT_COMMITTER_NAME": '"Your CI"',
    "GIT_COMMITTER_EMAIL": "ci@example.com",
    "GIT_COMMIT_PREFIX": "'chore(data):'",
    "GIT_MAILMAP_FILE": "./mailmap",
    "GIT_MERGE_REQUEST_BRANCH": "dvc-sync/main",
    "GIT_HOST_KIND": "gitea",
    "GIT_API_URL": "https://git.example.com/api/v1",
    "GIT_SIGN_COMMITS": "true",
    "GIT_SIGNING_KEY": "./signing_key",
    "GIT_SIGNING_FORMAT": "ssh",
    "GIT_SSH_KEY_FILE": "./deploy_key",
    "GIT_SSH_KNOWN_HOSTS_FILE": "./known_hosts",
    "DVC_REMOTE_NAME": "storage",
    "DVC_REMOTE_URL": "s3://your-bucket/dvcstore",
    "DVC_CLOUD_STORAGE_PROVIDER": "s3",
    "DVC_BUCKET_NAME": "your-bucket",
    "DVC_S3_ENDPOINT": "https://s3.example.com",
    "DVC_S3_ACCESS_KEY_ID": "key-id-of-the-remote",
    "DVC_S3_SECRET_ACCESS_KEY": "'secret of the remote'",
    "DVC_GOOGLE_APPLICATION_CREDENTIALS": "./google-key.json",
    "DVC_GCP_SERVICE_ACCOUNT_KEY": r"""'{"type": "service_account", "client_email": "bot@example.com", """
    r""""private_key": "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n"}'""",
    "DVC_REMOTE_OPTIONS": """'{"user": "dvc", "password": "a-secret-of-the-remote"}'""",
    "DATASET_INCLUDE": "labels,annotations/reviews/",
    "BUNDLE_COUNTDOWN": "100",
    "BUNDLE_QUIET_SECONDS": "2",
    "BUNDLE_MAX_SECONDS": "20",
}
"""What to show where there is no default."""


def main() -> None:
    """Write or check; exit with an error naming each page that `--check` found out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is out of date")
    check = parser.parse_args().check
    pages = {
        ".env.example": env_example(),
        "docs/reference/settings.md": settings_page(),
        "docs/reference/s3-operations.md": operations_page(),
    }
    stale = [name for name, text in pages.items() if _read(_CHECKOUT / name) != text]
    if check and stale:
        raise SystemExit(f"Out of date: {', '.join(stale)}. Run `make reference`.")
    for name in stale:
        (_CHECKOUT / name).write_text(pages[name], encoding="utf-8", newline="\n")
        print(f"wrote {name}")


def env_example() -> str:
    """Return a `.env` in which every setting is there, explained and commented out.

    Each line reads the same to python-dotenv and to Docker Compose.
    """
    lines = [
        "# Copy this file to .env. As it is, it starts a playground: every setting is left at its default.",
        "# Quotes around a value and spaces around the = are taken off. Put a value that has a space, a # or a $ into",
        "# 'single quotes'; a JSON key on one line too. What is set in the environment wins over this file.",
        "# Variables of other programs, such as HTTPS_PROXY and GIT_SSL_CAINFO, may stand here too.",
        "# Relative paths begin in the folder where the service is started.",
    ]
    for title, fields in _grouped().items():
        lines += ["", f"# --- {title} ---"]
        for name, field in fields.items():
            lines += [f"# {field.description}", f"#{name}={_shown(name, field)}"]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return the reference of all settings."""
    lines = [
        "# Settings",
        "",
        _WRITTEN_BY,
        "",
        "Read from the environment and from `.env` in the folder the service is started in; the environment wins.",
        "An empty value is no value. [`.env.example`](../../.env.example) has all of them, ready to be copied.",
    ]
    for title, fields in _grouped().items():
        lines += ["", f"## {title}", "", "| Name | Default | Meaning |", "|---|---|---|"]
        for name, field in fields.items():
            lines.append(f"| `{name}` | {_default(field)} | {field.description} |")
    return "\n".join(lines) + "\n"


def operations_page() -> str:
    """Return the reference of S3 operations: those on offer and those refused by name."""
    named = sorted({route.operation for route in ROUTES})
    offered, refused = ([name for name in named if (name in OPERATIONS) is is_offered] for is_offered in (True, False))
    lines = [
        "# S3 operations",
        "",
        _WRITTEN_BY,
        "",
        f"{len(offered)} of the {len(named)} operations that the service knows by name are on offer. Addresses are",
        "path-style (`http://host:port/bucket/key`) or, under the names in `S3_DOMAIN`, virtual-hosted",
        "(`http://bucket.host:port/key`); requests are signed with Signature Version 4, in the `Authorization`",
        "header, in the query (presigned) or, of PostObject, in the form. `OPTIONS`, a browser's preflight, needs no",
        "signature, nor does what a bucket's owner allows everyone.",
        "A read-only key may use the operations whose names begin with Get, Head, List and Select.",
        "",
        "## On offer",
        "",
        *(f"- [{name}]({_AWS}/API_{name}.html)" for name in offered),
        "",
        "## Who may use them",
        "",
        "A bucket's owner may do everything with it, and an object's owner with the object. Where access control",
        "lists are on, a grant lets others use:",
        "",
        "| Permission | Of the bucket | Of the object |",
        "|---|---|---|",
        *map(_permission_row, (each for each in Permission if each is not Permission.FULL_CONTROL)),
        "",
        "`FULL_CONTROL` is all of these. A bucket policy names actions, AWS's own (`s3:GetObject`). Its conditions may",
        "be on `s3:prefix` (`StringEquals`, `StringLike`, `StringNotEquals`, `StringNotLike`) and on `aws:SourceIp`",
        "(`IpAddress`, `NotIpAddress`); `NotPrincipal`, `NotAction`, `NotResource` and other conditions are refused",
        "with `MalformedPolicy`.",
        "",
        "## Refused by name",
        "",
        "A signed request for one of these gets `501 NotImplemented` and a message with its name.",
        "",
        ", ".join(refused) + ".",
    ]
    return "\n".join(lines) + "\n"


def _permission_row(permission: Permission) -> str:
    cells = (
        ", ".join(
            name
            for name in sorted(OPERATIONS)
            if (need_of(name).holder, need_of(name).permission) == (holder, permission)
        )
        for holder in Holder
    )
    return f"| `{permission}` | {' | '.join(cells)} |"


def _grouped() -> dict[str, dict[str, FieldInfo]]:
    grouped = {
        title: {name: field for name, field in _fields() if name.startswith(prefixes)}
        for title, prefixes in _GROUPS.items()
    }
    missing = {name for name, _ in _fields()} - {name for fields in grouped.values() for name in fields}
    if missing:
        raise SystemExit(f"No group for {', '.join(sorted(missing))}: add one in {Path(__file__).name}.")
    return grouped


def _fields() -> Iterator[tuple[str, FieldInfo]]:
    return ((name.upper(), field) for name, field in Settings.model_fields.items())


def _default(field: FieldInfo) -> str:
    return "none" if field.default is None else f"`{_text(field.default)}`"


def _shown(name: str, field: FieldInfo) -> str:
    return _EXAMPLES[name] if field.default is None else _text(field.default)


def _text(default: object) -> str:
    return default.as_posix() if isinstance(default, Path) else str(default)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    main()
