"""Tasks that run beside others, and how they are ended."""

from __future__ import annotations

import asyncio
from typing import Any


async def end_task(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it is over, whatever comes of it."""
    task.cancel()
    await asyncio.wait({task})
