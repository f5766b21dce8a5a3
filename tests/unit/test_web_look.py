"""The look: readable contrast in light and dark, and nothing that a strict browser would refuse."""

import re
from pathlib import Path

import pytest

import web

HERE = Path(web.__file__).parent
CSS = (HERE / "static" / "panel.css").read_text(encoding="utf-8")
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
AA = 4.5
"""WCAG 2.2, 1.4.3: least contrast of text."""
AA_SHAPES = 3.0
"""WCAG 2.2, 1.4.11: least contrast of what one must see to understand."""

TEXT = [
    ("ink", "paper"), ("ink", "card"), ("soft", "paper"), ("soft", "card"), ("accent", "card"),
    ("accent", "paper"), ("on-accent", "accent"), ("accent", "accent-ground"), ("ink", "accent-ground"),
    ("green", "card"), ("green", "green-ground"), ("yellow", "yellow-ground"), ("orange", "orange-ground"),
    ("orange", "card"), ("red", "red-ground"), ("red", "card"),
]  # fmt: skip
SHAPES = [
    ("green", "card"), ("yellow", "card"), ("orange", "card"), ("red", "card"), ("edge", "card"),
    ("accent", "paper"), ("bar-done", "bar-waiting"), ("bar-person", "bar-waiting"),
]  # fmt: skip


def palettes():
    roots = re.findall(r":root \{(.*?)\n?\s*\}", CSS, flags=re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", root)) for root in roots[:2])
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_every_text_can_be_read_on_its_ground(scheme, text, ground):
    palette = palettes()[scheme]
    assert contrast(palette[text], palette[ground]) >= AA


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_every_shape_stands_out_from_its_ground(scheme, shape, ground):
    palette = palettes()[scheme]
    assert contrast(palette[shape], palette[ground]) >= AA_SHAPES


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_page_carries_scripts_or_styles_of_its_own(template):
    html = template.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", html)


@pytest.mark.parametrize("file", sorted((HERE / "static").iterdir()), ids=lambda path: path.name)
def test_what_is_served_asks_no_other_host(file):
    text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|url\(\s*['\"]?//|@import", text)


@pytest.mark.parametrize("level", ["green", "yellow", "orange", "red"])
def test_every_level_has_a_shape_of_its_own(level):
    marks = (HERE / "templates" / "_marks.html").read_text(encoding="utf-8")
    shapes = dict(re.findall(r'level == "(\w+)" -%\}\n(.*?)\n', marks))
    assert [other for other, shape in shapes.items() if shape == shapes[level]] == [level]
