"""Put an entry into the ledger: a new elder, or corrections to one who is known.

An import adds and corrects; what a row leaves empty it does not erase. What came from elsewhere stands: a
refusal on the telephone, a number found to be wrong, a contact added in the panel.
"""

from __future__ import annotations

from datetime import datetime

from campaigns.roster.areas import Areas
from campaigns.roster.entries import ContactEntry, Entry
from campaigns.roster.telephones import Telephone
from campaigns.standing import newest_consent
from records.keyring import Keyring
from records.people import Consent, Contact, Elder, Phone

SOURCE = "roster"


def new_elder(entry: Entry, now: datetime) -> Elder:
    """An elder of whom nothing is known yet; ``correct`` fills in the rest."""
    return Elder(
        name=entry.name,
        sex="unknown",
        categories=[],
        ability="unknown",
        address="",
        language="zh-CN",
        speech_preferences={},
        call_wish={},
        wanted_services=[],
        remarks="",
        status="active",
        mode_reason="",
        created_at=now,
        updated_at=now,
    )


def correct(elder: Elder, entry: Entry, areas: Areas, ring: Keyring, now: datetime) -> list[str]:
    """Bring an elder's facts in line with an entry; return the names of the facts that changed."""
    changed = [name for name, value in _plain_facts(entry).items() if _assign(elder, name, value)]
    changed += ["area"] if _move(elder, entry, areas) else []
    changed += ["phones"] if _correct_phones(elder, entry.phones, ring) else []
    changed += ["contacts"] if _correct_contacts(elder, entry.contacts) else []
    changed += [
        f"consent:{kind}" for kind, granted in entry.consents if _record_consent(elder, kind, granted, now)
    ]
    return changed


def _plain_facts(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "birth_date": entry.birth_date,
        "sex": entry.sex,
        "resident_id": entry.resident_id,
        "categories": None if entry.categories is None else sorted(entry.categories),
        "ability": entry.ability,
        "address": entry.address,
        "language": entry.language,
        "wanted_services": None if entry.services is None else list(entry.services),
        "remarks": entry.remarks,
        "call_wish": None if entry.call_wish is None else entry.call_wish.stored(),
    }


def _assign(elder: Elder, name: str, value: object) -> bool:
    if value is None or value == "" or getattr(elder, name) == value:
        return False
    setattr(elder, name, value)
    return True


def _move(elder: Elder, entry: Entry, areas: Areas) -> bool:
    """A row that names no place moves nobody, nor does one that names a place around the elder's grid."""
    if elder.area_id is not None and not entry.places:
        return False
    area = areas.find(entry.places)
    if areas.lies_within(elder.area_id, area):
        return False
    elder.area_id = area.id
    return True


def _correct_phones(elder: Elder, told: tuple[Telephone, ...], ring: Keyring) -> bool:
    if not told:
        return False
    known = {phone.number: phone for phone in elder.phones}
    changed = False
    for position, telephone in enumerate(told, start=1):
        phone = known.pop(telephone.number, None)
        if phone is None:
            elder.phones.append(
                Phone(
                    position=position,
                    number=telephone.number,
                    number_key=ring.lookup_key(telephone.number),
                    kind=telephone.kind,
                    status="usable",
                )
            )
            changed = True
            continue
        # A number that turned out to be wrong stays so, however often a roster repeats it.
        status = "usable" if phone.status == "former" else phone.status
        changed |= (phone.position, phone.status) != (position, status)
        phone.position, phone.status = position, status
    return _retire(known, len(told)) or changed


def _retire(left: dict[str, Phone], taken: int) -> bool:
    """Numbers that the roster no longer has are kept for the calls made to them, but not dialled."""
    changed = False
    for position, phone in enumerate(left.values(), start=taken + 1):
        status = "former" if phone.status == "usable" else phone.status
        changed |= (phone.position, phone.status) != (position, status)
        phone.position, phone.status = position, status
    return changed


def _correct_contacts(elder: Elder, told: tuple[ContactEntry, ...]) -> bool:
    wanted = merged_contacts(told)
    ours = [contact for contact in elder.contacts if contact.source == SOURCE]
    present = [ContactEntry(one.name, one.relation, one.number, one.keyholder) for one in ours]
    if not wanted or present == wanted:
        return False
    for contact in ours:
        elder.contacts.remove(contact)
    others = len(elder.contacts)
    for position, entry in enumerate(wanted, start=others + 1):
        elder.contacts.append(
            Contact(
                position=position,
                name=entry.name,
                relation=entry.relation,
                number=entry.number,
                keyholder=entry.keyholder,
                source=SOURCE,
            )
        )
    return True


def merged_contacts(told: tuple[ContactEntry, ...]) -> list[ContactEntry]:
    """One contact per person: a keyholder who is also named among the relatives is one of them."""
    people: list[ContactEntry] = []
    for entry in told:
        same = next((one for one in people if _same_person(one, entry)), None)
        if same is None:
            people.append(entry)
            continue
        people[people.index(same)] = ContactEntry(
            entry.name,
            same.relation or entry.relation,
            same.number or entry.number,
            same.keyholder or entry.keyholder,
        )
    return people


def _same_person(one: ContactEntry, other: ContactEntry) -> bool:
    return one.name == other.name and (one.number == other.number or not (one.number and other.number))


def _record_consent(elder: Elder, kind: str, granted: bool, now: datetime) -> bool:
    """Record an answer that is new. A roster's yes does not undo a no that was said elsewhere."""
    newest = newest_consent(elder, kind)
    if newest is not None and (newest.granted == granted or (granted and newest.source != SOURCE)):
        return False
    elder.consents.append(
        Consent(kind=kind, granted=granted, given_by="elder", source=SOURCE, recorded_at=now)
    )
    return True
