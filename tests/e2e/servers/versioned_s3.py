"""An S3 server that keeps versions of objects: moto's, in this process."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from moto.server import ThreadedMotoServer

from tests.e2e.servers.s3_remote import S3Location
from tests.e2e.servers.team import DvcRemote


@dataclass(frozen=True, slots=True)
class VersionedBucket:
    """A bucket whose objects keep their versions."""

    location: S3Location

    def remote(self, options: Mapping[str, str]) -> DvcRemote:
        """Return the DVC remote that a team makes of it, with these options more."""
        location = self.location
        return DvcRemote(
            "storage",
            f"s3://{location.bucket}/team",
            {"endpointurl": location.endpoint_url, **options},
            {"access_key_id": location.access_key_id, "secret_access_key": location.secret_access_key},
        )

    def versions(self) -> dict[str, int]:
        """Return how many versions each key has."""
        with self.location.client() as client:
            listed = client.list_object_versions(Bucket=self.location.bucket).get("Versions", [])
        keys = [version["Key"] for version in listed]
        return {key: keys.count(key) for key in keys}

    def put(self, key: str, body: bytes) -> None:
        """Put an object that isn't DVC's."""
        with self.location.client() as client:
            client.put_object(Bucket=self.location.bucket, Key=key, Body=body)


@contextmanager
def serve_versioned_s3(bucket: str) -> Iterator[VersionedBucket]:
    """Serve an empty bucket with versions from memory until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        location = S3Location(f"http://{host}:{port}", "AKteam", "secret-of-the-team", bucket)
        with location.client() as client:
            client.create_bucket(Bucket=bucket)
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        yield VersionedBucket(location)
    finally:
        server.stop()
