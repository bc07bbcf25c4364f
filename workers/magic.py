"""What a file is, by its first bytes: names and headers are what somebody says of it."""

import os
from collections.abc import Iterator
from typing import IO

HEAD = 512
"""Bytes that `kind_of` looks at."""

UNKNOWN = "application/octet-stream"

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
)
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OLD_OFFICE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
_TEXTS = {
    "csv": "text/csv",
    "json": "application/json",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "xml": "application/xml",
}


def kind_of(head: bytes, said: str = "", name: str = "") -> str:
    """The type of a file by its first bytes.

    `said` and `name` decide only between types that begin alike (a Word and an Excel file of the
    old form, texts, audio and video of one container); they never make a picture of what is none.
    """
    said = said.partition(";")[0].strip().lower()
    ending = name.rpartition(".")[2].lower()
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _boxed(head[8:12], said)
    if head[:4] == b"OggS":
        return "video/ogg" if b"\x80theora" in head[:HEAD] else "audio/ogg"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/aac" if head[1] & 0x06 == 0 else "audio/mpeg"
    for start, kind in _STARTS:
        if head.startswith(start):
            return _OLD_OFFICE.get(ending, kind) if "ole" in kind else kind
    return _text(head, ending)


def look_into(file: IO[bytes], said: str = "", name: str = "") -> str:
    """The same of an open file: an office document is told from any other archive.

    Cost: two reads of `ENDS` bytes at most, whatever the file says of itself.
    """
    file.seek(0)
    kind = kind_of(file.read(HEAD), said, name)
    if kind == "application/zip":
        inside = {each.partition("/")[0] + "/" for each in _names(file)}
        kind = next((mime for folder, mime in _OFFICE.items() if folder in inside), kind)
    file.seek(0)
    return kind


ENDS = 64 * 1024
"""Bytes at the beginning and at the end of an archive that are looked at for names."""

# Of a file's own header, and of its line in the directory at the end: where the length of its name
# stands, and how many bytes stand before the name (PKWARE's APPNOTE, 4.3.7 and 4.3.12).
_ENTRIES = ((b"PK\x03\x04", 26, 30), (b"PK\x01\x02", 28, 46))
_MOST_NAMES = 500


def _names(file: IO[bytes]) -> Iterator[str]:
    """Names in an archive, those that stand at its two ends. Nothing is unpacked: what an archive
    says of its size or its count is not believed."""
    size = file.seek(0, os.SEEK_END)
    found = 0
    for start, (mark, length_at, name_at) in zip((0, max(0, size - ENDS)), _ENTRIES, strict=True):
        file.seek(start)
        piece = file.read(ENDS)
        at = piece.find(mark)
        while at >= 0 and found < _MOST_NAMES:
            length = int.from_bytes(piece[at + length_at : at + length_at + 2], "little")
            yield piece[at + name_at : at + name_at + length].decode("latin-1")
            found += 1
            at = piece.find(mark, at + 4)


def _boxed(brand: bytes, said: str) -> str:
    """MPEG-4's container: its brand says for what, where it is not a general one."""
    if brand in (b"heic", b"heix", b"mif1", b"heif"):
        return "image/heic"
    if brand == b"avif":
        return "image/avif"
    if brand == b"qt  ":
        return "video/quicktime"
    if brand[:2] == b"3g":
        return "audio/3gpp" if said.startswith("audio/") else "video/3gpp"
    if brand[:3] == b"M4A" or said.startswith("audio/"):
        return "audio/mp4"
    return "video/mp4"


def _text(head: bytes, ending: str) -> str:
    """What is no text has bytes that no text has; HTML and SVG can run, and are named so."""
    if b"\x00" in head:
        return UNKNOWN
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4 and any(byte < 9 for byte in head):
            return UNKNOWN
        text = head.decode("latin-1")
    begins = text.lstrip("\ufeff \t\r\n").lower()
    if "<svg" in begins[:HEAD]:
        return "image/svg+xml"
    if begins.startswith(("<!doctype html", "<html", "<script")):
        return "text/html"
    return _TEXTS.get(ending, "text/plain")
