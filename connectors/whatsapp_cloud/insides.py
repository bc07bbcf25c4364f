"""What a file is inside, as far as Meta minds it (WHATSAPP.md §A.3, Meta "Media", Apr 2026).

Meta takes the upload and fails the message later (131053), when the customer waits already. Only
what is surely wrong is named: a file that these few headers do not explain is Meta's to judge.
"""

from collections.abc import Callable, Iterator
from itertools import islice

STICKER = 512
"""Pixels that each side of a sticker has."""

_FORMATS = {
    b"hvc1": "HEVC",
    b"hev1": "HEVC",
    b"av01": "AV1",
    b"vp09": "VP9",
    b"mp4v": "MPEG-4",
    b"s263": "H.263",
}
_WAY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
"""How the boxes of an MP4 lie in each other, down to the one that names a track's format."""
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MOST_BOXES = 1000
"""So many are looked at in all: who made the file may want us to look for ever."""


def odd_inside(data: bytes, kind: str) -> str:
    """Why Meta would not show a file as this kind; "" where nothing speaks against it.

    `data`: the file, or its beginning.
    """
    look = _LOOKS.get(kind)
    return look(data) if look else ""


def _image(data: bytes) -> str:
    """Eight bits a channel, RGB or RGBA."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR" and len(data) > 24:
        return "16 bits a channel, at most 8" if data[24] > 8 else ""
    if data[:3] != b"\xff\xd8\xff":
        return ""
    frame = _jpeg_frame(data)
    if frame and frame[0] > 8:
        return f"{frame[0]} bits a channel, at most 8"
    return "CMYK, and only RGB is shown" if frame and frame[1] == 4 else ""


def _jpeg_frame(data: bytes) -> tuple[int, int] | None:
    """Bits a channel, and channels; None where its header is not in `data`."""
    at = 2
    while at + 10 <= len(data) and data[at] == 0xFF:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in _START_OF_FRAME:
            return data[at + 4], data[at + 9]
        at += 2 + max(size, 2)
    return None


def _sticker(data: bytes) -> str:
    size = _webp_size(data)
    if size is None or size == (STICKER, STICKER):
        return ""
    return f"{size[0]}×{size[1]} pixels, {STICKER}×{STICKER} are taken"


def _webp_size(data: bytes) -> tuple[int, int] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(
                data[27:30], "little"
            ) + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            wide, high = data[26:28], data[28:30]
            return int.from_bytes(wide, "little") & 0x3FFF, int.from_bytes(high, "little") & 0x3FFF
        case _:
            return None


def _audio(data: bytes) -> str:
    """Ogg is taken with Opus inside, and one channel of it."""
    if data[:4] != b"OggS" or len(data) < 40:
        return ""
    head = data[27 + data[26] :]
    if head[:8] != b"OpusHead":
        return "Ogg without Opus inside"
    return "" if head[9:10] in (b"", b"\x01") else f"{head[9]} channels, and only mono is taken"


def _video(data: bytes) -> str:
    """H.264 inside; what stands behind the part that we have is not looked for."""
    boxes = [memoryview(data)]
    left = _MOST_BOXES
    for level in _WAY:
        found: list[memoryview] = []
        for box in boxes:
            for name, inside in islice(_boxes(box), left):
                left -= 1
                if name == level:
                    found.append(inside)
        boxes = found
    formats = (_FORMATS.get(bytes(box[12:16]), "") for box in boxes)
    odd = next(filter(None, formats), "")
    return f"{odd} inside, and only H.264 is taken" if odd else ""


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and content of each box of an MP4, as far as they are there. Nothing is copied."""
    at = 0
    while at + 8 <= len(data):
        size, start = int.from_bytes(data[at : at + 4]), at + 8
        if size == 1:  # it has more than four bytes can say
            size, start = int.from_bytes(data[at + 8 : at + 16]), at + 16
        if size < start - at or start > len(data):
            return
        yield bytes(data[at + 4 : at + 8]), data[start : at + size]
        at += size


_LOOKS: dict[str, Callable[[bytes], str]] = {
    "image": _image,
    "sticker": _sticker,
    "audio": _audio,
    "video": _video,
}
