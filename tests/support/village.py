"""The SIP village's telephones in tests; skipped, with the reason, where their stack is not installed."""

from __future__ import annotations

import importlib.util

import pytest

from support.sip import need_stack


def need_telephones() -> None:
    need_stack()
    if importlib.util.find_spec("aiosipua") is None:
        pytest.skip("the village's telephones are not installed (pip install 'wenan[sip-village]')")
