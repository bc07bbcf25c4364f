"""What a file is, by its bytes: whatever it says of itself, and at a bounded cost."""

import io
import zipfile

import pytest

from workers.magic import ENDS, kind_of, look_into

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "said", "name", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/png", "a.png", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "", "", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "", "", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "", "", "audio/wav"),
        (b"\x00\x00\x00\x18ftypmp42", "", "a.mp4", "video/mp4"),
        (b"\x00\x00\x00\x18ftypmp42", "audio/mp4", "", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "", "", "audio/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp5", "", "", "video/3gpp"),
        (b"\x00\x00\x00\x18ftypheic", "", "", "image/heic"),
        (b"OggS\x00\x02OpusHead", "", "", "audio/ogg"),
        (b"ID3\x03", "", "", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "", "", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "", "", "audio/aac"),
        (b"#!AMR\n", "", "", "audio/amr"),
        (b"%PDF-1.7", "image/png", "a.png", "application/pdf"),
        (OLE, "", "a.xls", "application/vnd.ms-excel"),
        (OLE, "", "a.bin", "application/x-ole-storage"),
        (b"MZ\x90\x00", "image/png", "a.png", "application/x-msdownload"),
        (b"nome;idade\nAna;3", "", "a.csv", "text/csv"),
        ("açúcar".encode("latin-1"), "", "a.txt", "text/plain"),
        (b"\x00\x01\x02\x03", "image/png", "a.png", "application/octet-stream"),
        (b"  <!DOCTYPE html><p>", "text/plain", "a.txt", "text/html"),
        (b"<?xml version='1.0'?><svg onload=x>", "image/png", "", "image/svg+xml"),
        (b"", "", "", "text/plain"),
    ],
)
def test_it_is_what_its_bytes_say(head: bytes, said: str, name: str, kind: str) -> None:
    assert kind_of(head, said, name) == kind


@pytest.mark.parametrize("padding", [0, 300_000])
def test_an_office_document_is_told_from_an_archive(padding: int) -> None:
    """Its names are found at either end, however large what stands before them is."""
    for folder, kind in (("word", WORD), ("other", "application/zip")):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("docProps/thumbnail.jpeg", b"x" * padding)
            archive.writestr(f"{folder}/document.xml", b"<x/>")
        assert look_into(file, "", "a.docx") == kind
        assert file.tell() == 0


class Counted(io.BytesIO):
    """Counts what is read of it."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def test_an_archive_of_a_hundred_thousand_files_costs_no_more() -> None:
    """Its directory alone has ten megabytes: nobody reads it."""
    entry = b"PK\x01\x02" + bytes(24) + (40).to_bytes(2, "little") + bytes(16) + b"w" * 40
    file = Counted(b"PK\x03\x04" + bytes(26) + entry * 120_000)
    assert look_into(file) == "application/zip"
    assert file.taken <= 2 * ENDS + 512
