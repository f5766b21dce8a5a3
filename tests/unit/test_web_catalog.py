"""The Chinese catalogue is complete, compiled and true to its texts."""

import re

import pytest

from web import catalog

PLACES = re.compile(r"%\((\w+)\)s")


@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_every_text_of_the_panel_is_translated(locale):
    assert catalog.missing(locale) == [], "run: python -m web.catalog, then translate what it lists"


@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_the_compiled_catalogue_is_fresh(locale):
    assert catalog.mo_file(locale).read_bytes() == catalog.compiled(locale), "run: python -m web.catalog"


@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_no_translation_is_left_over_from_a_text_that_is_gone(locale):
    texts = catalog.collect()
    assert [entry.id for entry in catalog.read(locale) if entry.id and texts.get(entry.id) is None] == []


@pytest.mark.parametrize("locale", catalog.LOCALES)
def test_translations_keep_the_places_to_fill_in(locale):
    for entry in catalog.read(locale):
        if not entry.id:
            continue
        original = entry.id if isinstance(entry.id, str) else entry.id[-1]
        translated = entry.string if isinstance(entry.string, str) else entry.string[0]
        assert set(PLACES.findall(original)) == set(PLACES.findall(translated)), original
