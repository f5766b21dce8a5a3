"""All tables in one import, for migrations and for those who read across them."""

from records.audit import AuditEvent, Heartbeat
from records.base import Base
from records.call_ins import CallIn
from records.contact_calls import ContactCall
from records.facts import LedgerFact
from records.feedback import Feedback
from records.ladders import LadderBookVersion
from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Absence, Area, Consent, Contact, Elder, Phone, Worker, WorkerAddress
from records.photos import OrderPhoto
from records.policies import PolicyVersion
from records.provider_events import ProviderEvent
from records.rings import WorkerRing
from records.rounds import Round
from records.surges import SurgeDays
from records.tallies import Tally
from records.versions import ScriptVersion, VisitTerms
from records.visits import Answer, Assessment, CallAttempt, Campaign, Flag, Turn, Visit

__all__ = [
    "Absence",
    "Answer",
    "Area",
    "Assessment",
    "AuditEvent",
    "Base",
    "CallAttempt",
    "CallIn",
    "Campaign",
    "Consent",
    "Contact",
    "ContactCall",
    "Elder",
    "Feedback",
    "Flag",
    "Heartbeat",
    "LadderBookVersion",
    "LedgerFact",
    "Notification",
    "OrderPhoto",
    "Phone",
    "PolicyVersion",
    "ProviderEvent",
    "Round",
    "ScriptVersion",
    "SurgeDays",
    "Tally",
    "Turn",
    "Visit",
    "VisitTerms",
    "WorkOrder",
    "WorkOrderEvent",
    "Worker",
    "WorkerAddress",
    "WorkerRing",
]
