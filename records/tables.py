"""All tables in one import, for migrations and for those who read across them."""

from records.audit import AuditEvent, Heartbeat
from records.base import Base
from records.facts import LedgerFact
from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Area, Consent, Contact, Elder, Phone, Worker
from records.provider_events import ProviderEvent
from records.visits import Answer, Assessment, CallAttempt, Campaign, Flag, ScriptVersion, Turn, Visit

__all__ = [
    "Answer",
    "Area",
    "Assessment",
    "AuditEvent",
    "Base",
    "CallAttempt",
    "Campaign",
    "Consent",
    "Contact",
    "Elder",
    "Flag",
    "Heartbeat",
    "LedgerFact",
    "Notification",
    "Phone",
    "ProviderEvent",
    "ScriptVersion",
    "Turn",
    "Visit",
    "WorkOrder",
    "WorkOrderEvent",
    "Worker",
]
