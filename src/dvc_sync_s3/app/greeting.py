"""What a person sees at the start: where the service is, what to enter in Label Studio, how to see the result."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from dvc_sync_s3.app.keys import KeyPair
from dvc_sync_s3.app.playground import Playground
from dvc_sync_s3.git.model import read_address
from dvc_sync_s3.settings import Settings


def listening_on(settings: Settings, arguments: Sequence[str]) -> str:
    """Return host and port: as given to uvicorn on its command line, else as in the settings.

    >>> from dvc_sync_s3.settings import Settings
    >>> listening_on(Settings(port=8000), ["uvicorn", "main:app", "--reload", "--port", "9000"])
    '127.0.0.1:9000'
    """
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--host", default=settings.host)
    parser.add_argument("--port", default=str(settings.port))
    given, _ = parser.parse_known_args(arguments)
    return f"{given.host}:{given.port}"


@dataclass(frozen=True, slots=True)
class Greeting:
    """The facts a person needs."""

    address: str
    settings: Settings
    keys: KeyPair
    playground: Playground | None

    def text(self) -> str:
        """Return the greeting; a secret is in it only if we made it, because then nobody else can tell."""
        secret = self.keys.secret if self.keys.is_generated else "(your AWS_SECRET_ACCESS_KEY)"
        return f"""
DVC Sync S3 listens on http://{self.address}

  In Label Studio: Settings > Cloud Storage > Add Target Storage > Amazon S3 > Next
    Storage Title      any name
    Bucket Name        {self.settings.s3_bucket}
    S3 Endpoint        leave blank, see below
    Bucket prefix      a name for the project, such as reviews
    Access Key ID      {self.keys.access_key_id}
    Secret Access Key  {secret}
    Can delete objects from storage: on
  Then Test Connection, then Save.

  Start Label Studio with S3_ENDPOINT=http://{self.address} in its environment: it refuses local addresses in the form.
  (Or with SSRF_PROTECTION_ENABLED=false, and http://{self.address} as S3 Endpoint.)

  {self._result()}

  How the sync is doing: http://{self.address}/-/status.json
"""

    def _result(self) -> str:
        if self.playground is None:
            url = read_address(self.settings.git_repo or "").url
            return f"The dataset: {self.settings.dvc_dataset} on branch {self.settings.git_branch} of {url}"
        return f"""No GIT_REPO is set, so this is a playground. What a data scientist does:
    git clone {self.playground.repository} dataset && cd dataset
    dvc pull            (dvc is in .venv/bin; later: git pull && dvc pull)
    cat {self.settings.dvc_dataset}"""
