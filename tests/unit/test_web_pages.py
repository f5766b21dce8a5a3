"""Long lists in pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.pages import slice_of


@pytest.mark.parametrize(
    ("total", "page", "shown", "pages", "offset"),
    [(0, 1, 1, 1, 0), (25, 1, 1, 1, 0), (26, 2, 2, 2, 25), (26, 99, 2, 2, 25), (26, 0, 1, 2, 0)],
)
def test_a_page_beyond_either_end_is_the_nearest_that_exists(total, page, shown, pages, offset):
    found = slice_of(total, page, 25)
    assert (found.page, found.pages, found.offset) == (shown, pages, offset)


@given(st.integers(0, 500), st.integers(1, 40))
def test_going_through_all_pages_shows_every_row_once(total, per_page):
    pages = slice_of(total, 1, per_page).pages
    rows = [
        row
        for page in range(1, pages + 1)
        for row in range(slice_of(total, page, per_page).offset, total)[:per_page]
    ]
    assert rows == list(range(total))
