"""Import of rosters: survey forms (摸底表) as XLSX or CSV become elders in the ledger."""

from campaigns.roster.errors import Fault, RosterError
from campaigns.roster.importing import RosterSettings, import_roster
from campaigns.roster.intake import Progress
from campaigns.roster.report import RosterReport, RowProblem
from campaigns.roster.troubles import ReportLanguage, Trouble

__all__ = [
    "Fault",
    "Progress",
    "ReportLanguage",
    "RosterError",
    "RosterReport",
    "RosterSettings",
    "RowProblem",
    "Trouble",
    "import_roster",
]
