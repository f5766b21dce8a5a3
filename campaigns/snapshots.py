"""What was in force when a visit was planned, kept with the visit so that later changes do not touch it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from campaigns.policy import Policy
from campaigns.retries import RetryPolicy
from campaigns.windows import Windows


class Snapshot(BaseModel):
    """The JSON of ``Visit.snapshot``, which visits planned alike share."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    policy: Policy
    retries: RetryPolicy
    windows: Windows
    """The campaign's; how they apply to the elder is asked anew before every call (``campaigns.places``)."""
    hours_here: Windows | None = None
    """As they applied to the elder when the visit was planned, for those who watch over it."""
    module: str
    """Id of the script's rotating module for this visit; empty for none."""
    tier: str

    def stored(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return self.model_dump(mode="json")
