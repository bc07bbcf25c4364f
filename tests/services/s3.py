"""An S3 on loopback: moto's server, one a session, a bucket a test."""

import logging
import urllib.request
from collections.abc import Iterator
from uuid import uuid4

import pytest


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of the server; tests take `bucket`."""
    # Imported here: it loads a fifth of a second of AWS, which few tests need.
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str) -> dict[str, str]:
    """The settings of an empty bucket."""
    name = f"midia-{uuid4().hex[:12]}"
    made = urllib.request.Request(f"{s3_server}/{name}", method="PUT")
    with urllib.request.urlopen(made) as answer:
        assert answer.status == 200
    return {
        "FLOWENGINE_FILES_URL": f"s3://{name}/arquivos",
        "FLOWENGINE_FILES_SECRET": "AKIATESTE:segredo-do-balde",
        "FLOWENGINE_FILES_REGION": "us-east-1",
        "FLOWENGINE_FILES_ENDPOINT": s3_server,
    }
