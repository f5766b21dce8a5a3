"""The tree of areas: whoever works for one sees it and everything below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping


def subtree(parents: Mapping[int, int | None], root: int) -> frozenset[int]:
    """Ids of ``root`` and all areas below it. ``parents`` maps each area to the one above.

    A tree damaged into a circle is walked once and no further.
    """
    below: dict[int | None, list[int]] = defaultdict(list)
    for area, parent in parents.items():
        below[parent].append(area)
    found: set[int] = set()
    ahead = [root]
    while ahead:
        area = ahead.pop()
        if area not in found:
            found.add(area)
            ahead.extend(below[area])
    return frozenset(found)
