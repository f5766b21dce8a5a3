"""Noticing that not the elders but our own line is out of order."""

from __future__ import annotations


class Breaker:
    """Counts, per campaign, the calls in a row that failed on our side."""

    def __init__(self, limit: int) -> None:
        """``limit``: failures in a row after which calling must stop."""
        self._limit = limit
        self._in_a_row: dict[int, int] = {}

    def note(self, campaign_id: int, trouble: str) -> str:
        """Take note of a call, ``trouble`` empty if it did not fail on our side.

        Returns why calling must stop, or an empty string. After a stop the counting begins anew.
        """
        if not trouble:
            self._in_a_row.pop(campaign_id, None)
            return ""
        failures = self._in_a_row.get(campaign_id, 0) + 1
        if failures < self._limit:
            self._in_a_row[campaign_id] = failures
            return ""
        self._in_a_row.pop(campaign_id, None)
        return f"{failures} calls in a row failed on our side, the last one: {trouble}"
