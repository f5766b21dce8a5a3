"""Pictures from outside, made harmless: decoded within bounds and written anew, with nothing but the picture.

Whatever a file holds beside the picture (place, time, camera, thumbnails, comments, code) is left behind. A
file that is no picture, or one that would unfold to more than a machine can bear, is refused before it is
decoded.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Literal

from PIL import Image, ImageOps

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes."""
MOST_PIXELS = {"JPEG": 120_000_000, "PNG": 24_000_000, "WEBP": 24_000_000}
"""By format: a JPEG is decoded at a fraction of its size, the others must be unfolded whole."""
LONGEST_SIDE = 2048
"""Pixels of what is kept: enough to read a medicine's label."""
QUALITY = 82

_EXIF_GPS = 0x8825
_AT_A_TIME = BoundedSemaphore(2)
"""Pictures that are unfolded at the same moment, so that many uploads do not take all memory."""

Image.MAX_IMAGE_PIXELS = max(MOST_PIXELS.values())

Refusal = Literal["too_large", "not_a_picture"]


class PictureError(Exception):
    """A file that cannot be kept as a picture; ``why`` is for the words of the panel."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept."""

    jpeg: bytes
    place: tuple[float, float] | None
    """Latitude and longitude in degrees, if the file knew them."""


def read_picture(data: bytes) -> Picture:
    """Decode a JPEG, PNG or WebP and write it anew as a JPEG. Raises PictureError."""
    if len(data) > LARGEST_FILE:
        raise PictureError("too_large")
    with _AT_A_TIME:
        try:
            return _read(data)
        except PictureError:
            raise
        except Exception as error:  # decoders of foreign files fail in any way
            raise PictureError("not_a_picture") from error


def _read(data: bytes) -> Picture:
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=tuple(MOST_PIXELS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError("too_large") from error
    with image:
        width, height = image.size
        if width * height > MOST_PIXELS[image.format or "PNG"] or not (width and height):
            raise PictureError("too_large")
        place = _place(image)
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        image.load()
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        kept = Image.new("RGB", upright.size, "white")
        layered = upright.convert("RGBA")
        kept.paste(layered, mask=layered.getchannel("A"))
    written = io.BytesIO()
    kept.save(written, "JPEG", quality=QUALITY, optimize=True)
    return Picture(written.getvalue(), place)


def _place(image: Image.Image) -> tuple[float, float] | None:
    """Where the file says that it was taken; None for anything that cannot be read as a place."""
    try:
        gps = image.getexif().get_ifd(_EXIF_GPS)
        latitude = _degrees(gps[2], gps[1], "S")
        longitude = _degrees(gps[4], gps[3], "W")
    except Exception:  # noqa: BLE001 - a place is an extra: nothing about it may cost the picture
        return None
    inside = abs(latitude) <= 90 and abs(longitude) <= 180  # noqa: PLR2004 - degrees
    return (round(latitude, 5), round(longitude, 5)) if inside else None


def _degrees(parts: tuple[float, float, float], side: str, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        raise ValueError("no place")
    return -value if str(side).upper().startswith(negative) else value
