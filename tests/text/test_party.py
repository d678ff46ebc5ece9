"""The other party is read from the label a bank gives it, and nothing else is."""

from __future__ import annotations

import pytest

from worker.text.party import party_of


@pytest.mark.parametrize(
    ("text", "party"),
    [
        (
            "ORIG CO NAME:MARLOW FINCH    ORIG ID:8620301430 DESC DATE:260371 "
            "CO ENTRY DESCR:VENDOR PMT SEC:CCD TRACE#:7727 IND NAME:OUR COMPANY LLC",
            "MARLOW FINCH",
        ),
        (
            "FEDWIRE CREDIT VIA: FIRST BANK/121000248 B/O: MARLOW & FINCH REF: CHASE NYC/CTR/"
            "BNF=OUR COMPANY LLC RFB=O/B OBI=INV 12",
            "MARLOW & FINCH",
        ),
        (
            "WIRE TYPE:WIRE IN DATE: 260101 TIME:1430 ET ORIG:1/MARLOW LLC ID:123456 "
            "SND BK:FIRST BANK ID:121 PMT DET:INV 12",
            "MARLOW LLC",
        ),
        ("WIRE TYPE:WIRE OUT BNF:MARLOW LLC ID:12 BNF BK:FIRST BANK ID:9", "MARLOW LLC"),
        (
            "SEPA Overboeking IBAN: NL70ABNA6910789326 BIC: ABNANL2A Naam: Marlow & Finch "
            "Omschrijving: factuur 12 Kenmerk: NOTPROVIDED",
            "Marlow & Finch",
        ),
        (
            "/TRTP/SEPA OVERBOEKING/IBAN/NL12RABO0123456789/BIC/RABONL2U/NAME/Marlow B.V."
            "/REMI/factuur 12/EREF/NOTPROVIDED",
            "Marlow B.V.",
        ),
        ("VIR SEPA RECU /DE MARLOW & FILS SARL /MOTIF F12 /REF 8658", "MARLOW & FILS SARL"),
        ("VIR SEPA EMIS /POUR MARLOW SA /MOTIF", "MARLOW SA"),
        ("SVWZ+Rechnung 12 ABWA+Marlow GmbH", "Marlow GmbH"),
        ("IBAN: NL12ABNA Naam: Omschrijving: factuur 12", ""),
        ("SVWZ+Rechnung 12 ABWA+", ""),
        ("NAME CHANGE FEE", ""),
        ("BGC MARLOW AND FINCH INV:12", ""),
        ("", ""),
    ],
)
def test_a_labelled_party_is_found(text: str, party: str) -> None:
    assert party_of(text) == party
