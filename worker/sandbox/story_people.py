"""Who the company deals with: some sixty invented contacts and what their banks print.

`bank_name` is what the statement shows: often cut at 18 characters, sometimes a trading name or
a person's. `{n}` in `quotes` is the number of the invoice as the payer types it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from worker.sandbox.story_chart import REGIONS
from worker.sandbox.story_parts import Json, Person

# name, bank's print, pays by, quotes, terms, usual days after the due date, several at once
_CUSTOMERS = (
    ("Ashdown Property Services Ltd", "ASHDOWN PROPERTY S", "BGC", "INV-{n}", 30, 4, True),
    ("Beckside Dental Care", "MRS A J PEARCE", "FPI", "inv {n}", 14, 1, False),
    ("Blackthorn Security Ltd", "BLACKTHORN SECURITY LTD", "FPI", "{n}", 30, 9, False),
    ("Brackenhall Farm Shop", "BRACKENHALL FARM S", "BGC", "INV{n}", 14, 3, False),
    ("Cawthorne & Sons (Builders) Ltd", "CAWTHORNE+SONS BLD", "BGC", "INV-{n}", 30, 12, False),
    ("City of Leeds Rowing Club", "LEEDS ROWING CLUB", "FPI", "Invoice {n}", 30, 6, False),
    ("Dunmore Logistics UK Ltd", "DUNMORE LOGISTICS UK LTD", "FPI", "INV-{n}", 30, 8, True),
    ("Eastgate Opticians", "EASTGATE OPTICIANS", "FPI", "LARKFIELD {n}", 14, 2, False),
    ("Fellside Outdoor Ltd", "FELLSIDE OUTDOOR", "FPI", "INV {n}", 30, 5, False),
    ("Grantley House Hotel", "GH HOTELS OPERATIO", "BGC", "INV-{n}", 30, 14, False),
    ("Hawksworth Primary Academy", "HAWKSWORTH ACADEMY TRUST", "FPI", "INV{n}", 30, 7, False),
    ("Ibbotson Haulage", "P R IBBOTSON", "FPI", "signs inv {n}", 14, 9, False),
    ("Kingfisher Cafe Bars Ltd", "KINGFISHER CAFE BA", "BGC", "INV-{n}", 14, 5, False),
    ("Langstone Pharmacy", "LANGSTONE PHARMACY LTD", "FPI", "INV-{n}", 30, 2, False),
    ("Moorland Letting Agents Ltd", "MOORLAND LETTING A", "BGC", "INV {n}", 30, 6, False),
    ("Priory Park Tennis Club", "PRIORY PARK LTC", "FPI", "inv-{n}", 30, 10, False),
    ("Sandal Grange Care Home Ltd", "SANDAL GRANGE CARE HOME", "FPI", "Inv {n}", 30, 5, False),
    ("Tolson Autobody Repairs", "TOLSON AUTOBODY", "FPI", "INV-{n}", 14, 6, False),
)
# Each of these has a part in one hard case; until then they are customers like any other.
_CAST_CUSTOMERS = (
    ("Bramley Garden Centre Ltd", "BRAMLEY GARDEN CEN", "BGC", "INV-{n}"),
    ("Thornbury Estates Ltd", "THORNBURY ESTATES LTD", "FPI", "INV-{n}"),
    ("Calder Valley Coaches Ltd", "CALDER VALLEY COACHES", "FPI", "INV {n}"),
    ("Northgate Veterinary Group Ltd", "NORTHGATE VET GROUP", "FPI", "INV-{n}"),
    ("J Ellison Roofing Ltd", "J ELLISON ROOFING", "BGC", "INV-{n}"),
    ("J Ellison Roofing (Leeds) Ltd", "J ELLISON ROOFING", "BGC", "INV-{n}"),
    ("Pemberton Hospitality Ltd", "THE COPPER KETTLE", "FPI", "{n}"),
    ("Oakmere Nurseries Ltd", "OAKMERE NURSERIES", "FPI", "INV-{n}"),
    ("Fenwick & Dale Architects LLP", "FENWICK & DALE ARC", "BGC", "INV-{n}"),
    ("Whitestone Dental Practice", "WHITESTONE DENTAL", "STO", "LARKFIELD PLAN"),
    ("Ridgeway Lettings Ltd", "RIDGEWAY LETTINGS LTD", "FPI", "INV-{n}"),
    ("Millbrook Primary School", "MILLBROOK PRIMARY", "BGC", "INV-{n}"),
    ("Castle Quay Events Ltd", "CASTLE QUAY EVENTS", "FPI", "INV-{n}"),
    ("Meridian Fitness Studios Ltd", "MERIDIAN FITNESS", "DD", "INV-{n}"),
    ("Kirkstall Cycles Ltd", "KIRKSTALL CYCLES LTD", "FPI", "INV-{n}"),
    ("Aire Valley Catering Ltd", "AIRE VALLEY CATERI", "BGC", "INV-{n}"),
    ("Stonebridge Solicitors LLP", "STONEBRIDGE SOLICITORS", "FPI", "INV-{n}"),
    ("Denholm Motors Ltd", "DENHOLM MOTORS LTD", "FPI", "INV-{n}"),
    ("Wharfedale Brewing Co Ltd", "WHARFEDALE BREWING", "FPI", "INV-{n}"),
    ("Saltaire Books Ltd", "SALTAIRE BOOKS LTD", "FPI", "INV-{n}"),
    ("Hollins & Ward Ltd", "HOLLINS AND WARD", "FPI", "INV-{n}"),
    ("Atelier Vermeulen BV", "ATELIER VERMEULEN", "FPI", "INV-{n}"),
    ("Web Shop Customers", "PAYBRIDGE UK", "FPI", "PAYOUT"),
)
# name, bank's print, pays by, terms, several at once, cast
_SUPPLIERS = (
    ("Allied Vinyl & Films Ltd", "ALLIED VINYL FILMS", "FPO", 30, True, False),
    ("Brightline LED Components Ltd", "BRIGHTLINE LED", "FPO", 30, False, False),
    ("Carrick Metal Fabrications Ltd", "CARRICK METAL FAB", "FPO", 30, False, False),
    ("Delph Courier Services", "DELPH COURIERS", "FPO", 14, False, False),
    ("Greaves & Holt Accountants", "GREAVES HOLT ACCTS", "FPO", 14, False, False),
    ("Hopwood Access Hire Ltd", "HOPWOOD ACCESS", "FPO", 30, True, False),
    ("Metcalfe Office Supplies", "METCALFE OFFICE", "FPO", 30, False, False),
    ("Nidd Valley Energy", "NIDD VALLEY ENERGY", "DD", 14, False, False),
    ("Rawdon Print Finishing Ltd", "RAWDON PRINT FIN", "FPO", 30, False, False),
    ("Sprintgate Van Centre", "SPRINTGATE VANS", "FPO", 14, False, False),
    ("Harcourt Timber Supplies Ltd", "HARCOURT TIMBER", "FPO", 30, False, True),
    ("Pennine Acrylics Ltd", "PENNINE ACRYLICS", "FPO", 30, False, True),
)
_OTHERS = (
    ("Aire Commercial Bank", "ACCOUNT FEE"),
    ("Holbeck Yard Estates", "HOLBECK YARD ESTAT"),
    ("Northlink Telecom", "NORTHLINK TELECOM"),
    ("Aldergate Insurance", "ALDERGATE INS"),
    ("HMRC", "HMRC"),
    ("Staff Wages", "BACS BULK"),
    ("Canvasline Software", "CANVASLINE *SUBSCR"),
    ("Tallydesk", "TALLYDESK.IO"),
    ("Petrogo", "PETROGO RING RD"),
    ("Trade Counter Direct", "TRADE COUNTER DIR"),
    ("R Finch (Director)", "R FINCH"),
)
_STREETS = (
    "Mill Lane",
    "Station Road",
    "Victoria Street",
    "Canal Wharf",
    "Park Row",
    "High Street",
)
_TOWNS = (
    ("Leeds", "LS"),
    ("Bradford", "BD"),
    ("Wakefield", "WF"),
    ("Harrogate", "HG"),
    ("Derby", "DE"),
    ("Reading", "RG"),
)


def people(new_id: Callable[[str], str], rng: Random) -> dict[str, Person]:
    """Everybody by name."""

    def bank_account() -> str:
        return f"{rng.randrange(100000, 999999)}{rng.randrange(10**7, 10**8)}"

    everybody = [
        Person(
            new_id(f"contact {name}"), name, "customer", prints, by, quotes, terms, lag, "", many
        )
        for name, prints, by, quotes, terms, lag, many in _CUSTOMERS
    ]
    everybody += [
        Person(new_id(f"contact {name}"), name, "customer", prints, by, quotes, cast=True)
        for name, prints, by, quotes in _CAST_CUSTOMERS
    ]
    everybody += [
        Person(
            new_id(f"contact {name}"),
            name,
            "supplier",
            prints,
            by,
            terms_days=terms,
            bank_account=bank_account(),
            batches=many,
            cast=cast,
        )
        for name, prints, by, terms, many, cast in _SUPPLIERS
    ]
    everybody += [
        Person(new_id(f"contact {name}"), name, "other", prints) for name, prints in _OTHERS
    ]
    return {person.name: person for person in everybody}


def contact(person: Person, rng: Random, stamp: str) -> Json:
    """A contact in Xero's shape; suppliers show their bank account, most firms a VAT number."""
    town, area = rng.choice(_TOWNS)
    domain = "".join(c for c in person.name.lower() if c.isalnum())[:24]
    found: Json = {
        "ContactID": person.contact_id,
        "ContactStatus": "ACTIVE",
        "Name": person.name,
        "EmailAddress": f"accounts@{domain}.example" if person.role != "other" else "",
        "BankAccountDetails": _spaced(person.bank_account),
        "Addresses": [
            {
                "AddressType": "POBOX",
                "AddressLine1": f"{rng.randrange(1, 180)} {rng.choice(_STREETS)}",
                "City": town,
                "PostalCode": f"{area}{rng.randrange(1, 18)} {rng.randrange(1, 9)}QX",
                "Country": "United Kingdom",
            }
        ],
        "Phones": [
            {
                "PhoneType": "DEFAULT",
                "PhoneCountryCode": "44",
                "PhoneAreaCode": "113",
                "PhoneNumber": f"496 {rng.randrange(0, 1000):04d}",
            }
        ],
        "IsSupplier": person.role != "customer",
        "IsCustomer": person.role == "customer",
        "DefaultCurrency": "EUR" if person.name.endswith(" BV") else "GBP",
        "ContactGroups": [],
        "ContactPersons": [],
        "HasAttachments": False,
        "UpdatedDateUTC": stamp,
    }
    if person.role == "customer":
        found["PaymentTerms"] = {"Sales": {"Day": person.terms_days, "Type": "DAYSAFTERBILLDATE"}}
        found["AccountNumber"] = f"C{rng.randrange(1000, 9999)}"
    if person.role == "supplier":
        found["PaymentTerms"] = {"Bills": {"Day": person.terms_days, "Type": "DAYSAFTERBILLDATE"}}
    if person.name.endswith((" Ltd", " LLP")):
        found["TaxNumber"] = f"GB{rng.randrange(10**8, 10**9)}"
    if person.name.endswith(" BV"):
        found["TaxNumber"] = f"NL{rng.randrange(10**8, 10**9)}B01"
    return found


def region_of(person: Person) -> str:
    """The region a contact's jobs are tracked under; the same for all of them."""
    return REGIONS[sum(person.name.encode()) % len(REGIONS)]


def _spaced(bank_account: str) -> str:
    if not bank_account:
        return ""
    sort_code, number = bank_account[:6], bank_account[6:]
    return f"{sort_code[:2]}-{sort_code[2:4]}-{sort_code[4:]} {number}"
