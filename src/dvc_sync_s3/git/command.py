"""Run git: explicit environment, no prompts, secrets only where the child alone can read them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.git.failures import CloneBroken, classify
from dvc_sync_s3.git.model import Repository, Ssh, without_secrets
from dvc_sync_s3.process import run_child

_KEPT_OF_GIT = {
    "GIT_ASKPASS", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM", "GIT_EXEC_PATH",
    "GIT_PROXY_COMMAND", "GIT_SSH", "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY",
}  # fmt: skip
_PATHS = {"GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY"}
FETCH = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
"""What every fetch into the clone says: nothing but the commits asked for."""

_SAY_NO_BY_1 = {"merge-base", "check-ignore"}
_USERNAME, _TOKEN = "DVC_SYNC_GIT_USERNAME", "DVC_SYNC_GIT_TOKEN"
_HELPER = f"""!f() {{ test "$1" = get && printf 'username=%s\\npassword=%s\\n' "${_USERNAME}" "${_TOKEN}"; }}; f"""


_INSTALL = "Install git 2.31 or newer, where the service's PATH finds it first."
_SILENT = (
    "Git's server, or something on the way to it, takes the connection and says nothing: check that the server runs,"
    " the firewall and the proxy. It is tried again by itself."
)
_OLDEST = (2, 31)
"""The first version that takes its configuration from GIT_CONFIG_COUNT."""


class NoAnswer(Transient):
    """A git command did not end in the time that it had."""


@dataclass(frozen=True, slots=True)
class Git:
    """Run git commands on one git folder, never on another one found above it."""

    git_folder: Path
    repository: Repository
    environ: Mapping[str, str]
    timeout_s: float

    def require_version(self) -> None:
        """Raise Blocked if git is too old."""
        found = re.search(rb"(\d+)\.(\d+)", self.run("version"))
        if found is not None and (int(found[1]), int(found[2])) < _OLDEST:
            version = found[0].decode()
            raise Blocked(f"git {version} is too old", hint=_INSTALL)

    def run(
        self, *arguments: str, stdin: bytes = b"", timeout_s: float | None = None, work_tree: Path | None = None
    ) -> bytes:
        """Return what git prints; raise Transient, Rejected, Blocked or CloneBroken when it fails.

        Raises NoAnswer after `timeout_s` seconds, or after those of all commands.
        """
        timeout_s = timeout_s or self.timeout_s
        environment = git_environment(self.environ, self.repository) | {"GIT_DIR": str(self.git_folder)}
        command = arguments[2] if arguments[0] == "-c" else arguments[0]
        if work_tree is not None:
            # `git check-ignore` knows no literal pathspecs.
            environment |= {"GIT_WORK_TREE": str(work_tree), "GIT_LITERAL_PATHSPECS": "0"}
        try:
            done = run_child(
                ("git", *arguments),
                folder=work_tree or self.git_folder,
                environment=environment,
                timeout_s=timeout_s,
                stdin=stdin,
                umask=self.repository.umask if command == "push" else None,
            )
        except subprocess.TimeoutExpired:
            raise NoAnswer(f"git {command} did not finish in {timeout_s:.0f} s", hint=_SILENT) from None
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            if not self.git_folder.is_dir():
                raise CloneBroken(f"the clone {self.git_folder} is gone", hint="It is built again by itself.") from None
            if error.filename == str(self.git_folder):
                raise
            raise Blocked(f"git is not installed: {error.strerror}", hint=_INSTALL) from None
        is_none = command in _SAY_NO_BY_1 and done.returncode == 1 and not done.stderr
        if done.returncode == 0 or is_none:
            return done.stdout
        said = done.stderr + (b"\n" + done.stdout if command == "push" else b"")
        raise classify(without_secrets(said.decode(errors="replace"), self.repository.credentials), command)


def git_environment(environ: Mapping[str, str], repository: Repository) -> dict[str, str]:
    """Return the environment of a git child: the parent's without its settings and secrets, with ours.

    Credentials travel here, as https://git-scm.com/docs/git-config#ENVIRONMENT describes: argv and the clone's
    config can be read by others, and a helper bound to the server's address answers no one else.
    """
    environment = {name: value for name, value in environ.items() if not _is_dropped(name)}
    # git runs in the clone's folder; relative paths are meant from where the service runs.
    environment |= {name: os.path.abspath(environment[name]) for name in _PATHS & environment.keys()}
    author, committer = repository.author, repository.committer or repository.author
    environment |= {
        "GIT_TERMINAL_PROMPT": "0",
        # Else ssh and ssh-keygen ask on the terminal for a passphrase or a new server's key; this program says no.
        "SSH_ASKPASS": "false",
        "SSH_ASKPASS_REQUIRE": "force",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "LC_ALL": "C",
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_COMMITTER_NAME": committer.name,
        "GIT_COMMITTER_EMAIL": committer.email,
    }
    if repository.ssh != Ssh():
        environment["GIT_SSH_COMMAND"] = ssh_command(repository.ssh)
    settings = [*_SETTINGS, ("remote.origin.url", repository.url), *_of_repository(repository)]
    parts = urlsplit(repository.url)
    server = f"credential.{parts.scheme}://{parts.netloc}"
    if repository.credentials is not None and parts.scheme in {"http", "https"}:
        settings += [(f"{server}.helper", ""), (f"{server}.helper", _HELPER)]
        environment |= {_USERNAME: repository.credentials.username, _TOKEN: repository.credentials.token}
    elif repository.username is not None:
        settings.append((f"{server}.username", repository.username))
    environment["GIT_CONFIG_COUNT"] = str(len(settings))
    for index, (key, value) in enumerate(settings):
        environment |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return environment


def ssh_command(ssh: Ssh) -> str:
    r"""Return the ssh command line, for a shell, that uses this key and these known hosts and no others.

    https://man.openbsd.org/ssh_config describes the options; a % in a path would be a token of theirs.

    >>> ssh_command(Ssh(Path("/run/secrets/deploy key")))
    'ssh -o BatchMode=yes -o IdentitiesOnly=yes -o \'IdentityFile="/run/secrets/deploy key"\''
    """
    options = ["BatchMode=yes"]
    if ssh.key_file is not None:
        options += ["IdentitiesOnly=yes", f"IdentityFile={_quoted(ssh.key_file)}"]
    if ssh.known_hosts_file is not None:
        known = f"UserKnownHostsFile={_quoted(ssh.known_hosts_file)}"
        options += ["StrictHostKeyChecking=yes", known, f"GlobalKnownHostsFile={os.devnull}"]
    return shlex.join(["ssh", *(part for option in options for part in ("-o", option))])


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("%", "%%") + '"'


def _of_repository(repository: Repository) -> list[tuple[str, str]]:
    signing = repository.signing
    values = (
        ("user.signingKey", signing.key),
        ("gpg.format", signing.format),
        ("mailmap.file", repository.mailmap),
    )
    return [(name, str(value)) for name, value in values if value is not None]


_SETTINGS = (
    ("remote.origin.promisor", "true"),
    ("remote.origin.partialclonefilter", "blob:none"),
    ("core.hooksPath", os.devnull),
    ("core.attributesFile", os.devnull),  # this user's own are nobody else's
    ("core.excludesFile", os.devnull),
    ("core.fsync", "none"),  # the clone is built again by each process and after each doubt
    ("push.gpgSign", "false"),
    ("push.followTags", "false"),
    ("push.recurseSubmodules", "no"),
    ("fetch.recurseSubmodules", "false"),
    ("i18n.commitEncoding", "utf-8"),
    ("i18n.logOutputEncoding", "utf-8"),
    ("log.showSignature", "false"),
    ("gc.autoDetach", "false"),
    ("maintenance.autoDetach", "false"),
    # A connection that carries nothing for a minute is dead: https://git-scm.com/docs/git-config, http.lowSpeedTime
    ("http.lowSpeedLimit", "1"),
    ("http.lowSpeedTime", "60"),
)


def _is_dropped(name: str) -> bool:
    upper = name.upper()
    if upper.startswith(("AWS_", "S3_", "DVC_", "LC_")) or upper in {"LANGUAGE", "GPG_TTY"}:
        return True
    return upper.startswith("GIT_") and upper not in _KEPT_OF_GIT
