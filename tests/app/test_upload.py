"""Files that arrive piece by piece: whole, bounded, in order, or refused."""

import base64

import pytest

from app.upload import Upload


def piece(content: bytes, first: int, end: int, **others: object) -> dict[str, object]:
    data = base64.b64encode(content[first:end]).decode()
    return {"type": "piece", "first": first, "size": len(content), "name": "a", "data": data,
            **others}  # fmt: skip


@pytest.fixture
def upload() -> Upload:
    upload = Upload(max_bytes=1000)
    upload.files, upload.refusals = [], []
    upload.on_file = lambda name, content: upload.files.append((name, content))
    upload.on_refused = upload.refusals.append
    return upload


def test_pieces_are_joined(upload: Upload) -> None:
    content = bytes(range(256)) * 3
    for first in (0, 300, 600):
        upload._handle_msg(piece(content, first, first + 300))
    assert upload.files == [("a", content)]


@pytest.mark.parametrize(
    "message",
    [
        piece(b"x" * 2000, 0, 100),
        piece(b"x" * 500, 100, 200),
        piece(b"x" * 500, 0, 100, size=50),
        piece(b"x" * 500, 0, 100, data="%%%"),
        {"type": "too large", "name": "a", "size": 2_000_000_000},
        {"type": "piece", "name": None},
        "nonsense",
    ],
)
def test_what_is_too_much_or_broken_is_refused(upload: Upload, message: object) -> None:
    upload._handle_msg(message)
    assert len(upload.refusals) == 1
    assert upload.files == []
    upload._handle_msg(piece(b"good", 0, 4))
    assert upload.files == [("a", b"good")]
