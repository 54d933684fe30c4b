"""A store that does not know the checksum headers of newer clients: the variable that helps is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from vwd.errors import StorageError
from vwd.storage.errors import storage_errors
from vwd.storage.urls import parse_path


class Refusal(Exception):  # noqa: N818 - as botocore's ClientError is named in its own way
    """What botocore raises where a store refuses."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.response = {"Error": {"Code": code, "Message": message}}


@pytest.fixture
def path() -> Path:
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    return cast("Path", cast("Any", parse_path("s3://bucket/x")))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidArgument", "Unsupported header received for this API call."),
        ("NotImplemented", "A header you provided implies functionality that is not implemented"),
        ("InvalidRequest", "The algorithm type you specified in x-amz-checksum- header is invalid."),
        ("MalformedTrailerError", "The request contained trailing data that was not well-formed"),
    ],
)
def test_a_refusal_of_checksums_names_the_variable(path: Path, code: str, message: str) -> None:
    with pytest.raises(StorageError) as raised, storage_errors(path):
        raise OSError(22, message) from Refusal(code, message)
    assert "AWS_REQUEST_CHECKSUM_CALCULATION=when_required" in raised.value.hint
    assert raised.value.fatal


@pytest.mark.parametrize(("code", "message"), [("InvalidArgument", "not today"), ("AccessDenied", "no such header")])
def test_other_refusals_do_not(path: Path, code: str, message: str) -> None:
    with pytest.raises(StorageError) as raised, storage_errors(path):
        raise OSError(22, message) from Refusal(code, message)
    assert "CHECKSUM" not in raised.value.hint
