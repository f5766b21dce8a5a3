"""Pictures from outside: only the picture is kept, and a hostile file costs nothing but a refusal."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from escalation.pictures import LARGEST_FILE, LONGEST_SIDE, PictureError, read_picture

HOME = {1: "N", 2: (36.0, 39.0, 4.32), 3: "E", 4: (118.0, 3.0, 18.0)}
CAMERA = "SecretPhone 12"


def photo(
    kind: str = "JPEG",
    size: tuple[int, int] = (320, 200),
    *,
    gps: dict[int, object] | None = None,
    turned: int = 1,
) -> bytes:
    """A photo as a telephone writes it, with everything that it knows."""
    image = Image.new("RGB", size, "navy")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="white")
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = CAMERA, turned
    if gps is not None:
        exif.get_ifd(0x8825).update(gps)
    written = io.BytesIO()
    more = {"comment": b"at grandmother's"} if kind == "JPEG" else {}
    image.save(written, kind, exif=exif, **more)
    return written.getvalue()


def opened(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_written_anew_with_nothing_but_the_picture(kind: str) -> None:
    data = photo(kind, gps=HOME)
    assert CAMERA.encode() in data
    picture = read_picture(data)
    kept = opened(picture.jpeg)
    assert (kept.format, kept.size, kept.mode) == ("JPEG", (320, 200), "RGB")
    assert dict(kept.getexif()) == {}
    assert not {"comment", "exif", "icc_profile"} & set(kept.info)
    assert CAMERA.encode() not in picture.jpeg
    assert picture.place == (36.65120, 118.05500)
    left, right = kept.getpixel((10, 10)), kept.getpixel((300, 180))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 200, "it still is the picture"
    assert right[0] < 60


def test_a_photo_taken_sideways_stands_upright() -> None:
    assert opened(read_picture(photo(turned=6)).jpeg).size == (200, 320)


def test_large_photos_are_made_smaller_and_small_ones_stay() -> None:
    kept = opened(read_picture(photo(size=(4200, 2100))).jpeg)
    assert kept.size == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert opened(read_picture(photo(size=(1, 1))).jpeg).size == (1, 1)


def test_what_is_see_through_becomes_white() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(written, "PNG", pnginfo=(words := PngInfo()))
    words.add_text("note", "at grandmother's")
    assert opened(read_picture(written.getvalue()).jpeg).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    "gps",
    [
        None,
        {},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (36.0, 39.0, 4.32)},
        {1: "N", 2: (1.0,)},
    ],
)
def test_a_place_that_cannot_be_read_is_none_and_costs_nothing(gps: dict[int, object] | None) -> None:
    assert read_picture(photo(gps=gps)).place is None


def test_south_and_west_are_negative() -> None:
    there = {1: "S", 2: (33.0, 27.0, 0.0), 3: "W", 4: (70.0, 40.0, 0.0)}
    assert read_picture(photo(gps=there)).place == (-33.45, -70.66667)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int) -> bytes:
    """A few bytes that say they unfold to so many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 4096, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(5000, 5000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_unfolds(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError) as refused:
        read_picture(png_of(*size))
    assert refused.value.why == "too_large"


def test_a_file_beyond_the_bound_is_not_looked_at() -> None:
    with pytest.raises(PictureError, match="too_large"):
        read_picture(photo() + b"\x00" * LARGEST_FILE)


def gif() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (4, 4)).save(written, "GIF")
    return written.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"MZ\x90", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", b"%PDF-1.7", gif(),
     photo()[:400], photo("PNG")[:200], photo("WEBP")[:100], b"\xff\xd8\xff\xe0" + b"\x00" * 64],
)  # fmt: skip
def test_what_is_no_picture_or_half_a_one_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError) as refused:
        read_picture(data)
    assert refused.value.why == "not_a_picture"


@settings(max_examples=60)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP"]),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=12),
)
def test_whatever_a_damaged_file_holds_it_is_a_picture_or_a_refusal(
    kind: str, damage: list[tuple[int, int]]
) -> None:
    data = bytearray(photo(kind, (40, 30), gps=HOME))
    for place, value in damage:
        data[place % len(data)] = value
    try:
        jpeg = read_picture(bytes(data)).jpeg
    except PictureError:
        return
    kept = opened(jpeg)
    assert max(kept.size) <= LONGEST_SIDE
    assert dict(kept.getexif()) == {}


def test_many_at_once_take_turns() -> None:
    with ThreadPoolExecutor(6) as pool:
        assert len(list(pool.map(lambda _: read_picture(photo()), range(12)))) == 12
