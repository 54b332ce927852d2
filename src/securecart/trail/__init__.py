"""What happened, in AWS CloudTrail's own records, and questions about it.

Floor 2, sans-IO. A server fills in an `Event`; `record` makes one JSON line
of it; a `Journal` keeps the line before the answer leaves. `matches` answers
whether a record is one that a `Query` asks for.

Source: AWS CloudTrail User Guide, "CloudTrail record contents" and
"CloudTrail userIdentity element".
"""

from securecart.trail.disclosure import disclosed
from securecart.trail.event import Event, Resource, TlsDetails
from securecart.trail.journal import InMemoryJournal, Journal, JournalUnavailable
from securecart.trail.page import NoSuchPlace, TrailPage
from securecart.trail.printable import printable
from securecart.trail.query import Outcome, Query, matches, outcome_of
from securecart.trail.record import parse_record, record

__all__ = [
    "Event",
    "InMemoryJournal",
    "Journal",
    "JournalUnavailable",
    "NoSuchPlace",
    "Outcome",
    "Query",
    "Resource",
    "TlsDetails",
    "TrailPage",
    "disclosed",
    "matches",
    "outcome_of",
    "parse_record",
    "printable",
    "record",
]
