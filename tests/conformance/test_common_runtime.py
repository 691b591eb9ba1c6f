"""The AWS Common Runtime: the client of the AWS CLI and of boto3 with `[crt]`, which signs and sends on its own."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.session import Session
from s3transfer.crt import (  # type: ignore[import-untyped]
    BotocoreCRTCredentialsWrapper,
    BotocoreCRTRequestSerializer,
    CRTTransferManager,
    create_s3_crt_client,
)

from tests.conformance.conftest import Service
from tests.conformance.signing import KEYS

REGION = "us-east-1"


@pytest.fixture
def transfer(service: Service) -> Iterator[Any]:
    """boto3 can't point its own use of this runtime at an endpoint that isn't AWS's, so it is put together here."""
    session = Session()
    session.set_credentials(*KEYS)
    config = Config(s3={"addressing_style": "path"})
    serializer = BotocoreCRTRequestSerializer(
        session, {"region_name": REGION, "endpoint_url": service.url, "config": config}
    )
    provider = BotocoreCRTCredentialsWrapper(Credentials(*KEYS)).to_crt_credentials_provider()
    with CRTTransferManager(
        create_s3_crt_client(REGION, crt_credentials_provider=provider, use_ssl=False), serializer
    ) as manager:
        yield manager


@pytest.mark.parametrize("size_bytes", [0, 3_000, 1_000_000, 20_000_000])
def test_what_the_common_runtime_uploads_it_downloads(transfer: Any, bucket: str, size_bytes: int) -> None:
    body, found = b"x" * size_bytes, BytesIO()

    transfer.upload(BytesIO(body), bucket, "crt \u00e9").result()
    transfer.download(bucket, "crt \u00e9", found).result()

    assert found.getvalue() == body


def test_what_the_common_runtime_deletes_is_gone(transfer: Any, service: Service, bucket: str) -> None:
    transfer.upload(BytesIO(b"x"), bucket, "318").result()

    transfer.delete(bucket, "318").result()

    assert service.store.head(bucket, "318") is None
