"""A certificate authority of our own, and a certificate for loopback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class PrivateCa:
    """Paths of PEM files: the authority, and what a server on loopback needs."""

    ca_bundle: Path
    certificate: Path
    private_key: Path


def make_private_ca(folder: Path) -> PrivateCa:
    """Write a fresh authority and a certificate for 127.0.0.1 and localhost into `folder`."""
    paths = PrivateCa(folder / "ca.pem", folder / "certificate.pem", folder / "private-key.pem")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(paths.ca_bundle)
    certificate.private_key_pem.write_to_path(paths.private_key)
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(paths.certificate, append=True)
    return paths
