"""All tables in one import, for migrations and for those who read across them."""

from records.audit import AuditEvent, Heartbeat
from records.base import Base
from records.contact_calls import ContactCall
from records.facts import LedgerFact
from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Absence, Area, Consent, Contact, Elder, Phone, Worker, WorkerAddress
from records.policies import PolicyVersion
from records.provider_events import ProviderEvent
from records.surges import SurgeDays
from records.tallies import Tally
from records.visits import Answer, Assessment, CallAttempt, Campaign, Flag, ScriptVersion, Turn, Visit

__all__ = [
    "Absence",
    "Answer",
    "Area",
    "Assessment",
    "AuditEvent",
    "Base",
    "CallAttempt",
    "Campaign",
    "Consent",
    "Contact",
    "ContactCall",
    "Elder",
    "Flag",
    "Heartbeat",
    "LedgerFact",
    "Notification",
    "Phone",
    "PolicyVersion",
    "ProviderEvent",
    "ScriptVersion",
    "SurgeDays",
    "Tally",
    "Turn",
    "Visit",
    "WorkOrder",
    "WorkOrderEvent",
    "Worker",
    "WorkerAddress",
]
