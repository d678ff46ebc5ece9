"""The other party in a bank's running text, where the bank labels it ("B/O: ACME LTD REF: 77")."""

from __future__ import annotations

import re
from functools import lru_cache

# What banks print before the other party's name, best first: a credit names who ordered it and
# (needlessly) us as the beneficiary, a debit only the beneficiary.
_PARTY = tuple(
    re.compile(label, re.IGNORECASE)
    for label in (
        r"\b(?:orig(?:inating)? co(?:mpany)? name)\s*[:=]",
        r"\b(?:b/o|org|orig|originator|ordering (?:customer|party)|ordered by)\s*[:=]",
        r"\babwa\+",
        r"\b(?:naam|name|nom|nome|nombre|namn|navn|auftraggeber|zahler|emetteur|[eé]metteur|"
        r"donneur d'ordre|ordinante|mittente|ord|mitt|ordenante|nadawca|avs[aä]ndare|remitter|"
        r"payer|sender)\s*[.]?[:=]",
        r"/(?:name|emetteur)/|/(?:de|emetteur)\s",
        r"\b(?:bnf|ben|bene|benef|beneficiary|b[eé]n[eé]ficiaire|beneficiario|begunstigde|"
        r"(?:zahlungs)?empf(?:ae|ä)nger|mottagare|mottaker|odbiorca|payee|a/c)\s*[.]?[:=]",
        r"/(?:pour|ben|benef)\s",
    )
)
# What banks print before anything else: the name ends there.
_OTHER_LABEL = re.compile(
    r"(?<![^\W_])(?:"
    r"(?:orig|orig co|company|co|ind|snd|bnf|rcv|cust|customer|originator)\s(?:id|name|bk|bank)\s*"
    r"(?:no)?\s*[:#=]"
    r"|(?:desc date|co entry descr|entry descr|service ref|pmt det|pmt info|trace|trn|imad|omad|"
    r"eed|sec|via|date|time|seq|id|ref|reference|referentie|your ref|rfb|obi|bbi|ssn|iban|bic|"
    r"swift|omschrijving|kenmerk|betalingskenmerk|machtiging|incassant|tegenrekening|valutadatum|"
    r"verwendungszweck|kundenreferenz|zweck|glaubiger|gläubiger|mandat|motif|libell[eé]|message|"
    r"concepto|causale|descrizione|meddelande|melding|besked|tytu[lł]|info|details?|memo|note|"
    r"naam|name|bnf|beneficiary|a/c|b/o|org|ocr|kid|invoice|inv)\s*(?:no|nr)?\s*[.]?[:#=]"
    r"|conf\s?#"
    r"|(?:eref|kref|mref|cred|debt|svwz|abwa|abwe|iban|bic|coam|oamt)\+)"
    r"|/(?:motif|ref|remi|eref|mref|iban|bic|trtp|csid|marf|ordp|benm|purp|libelle|date|de|pour)"
    r"(?:[\s/]|$)",
    re.IGNORECASE,
)
# SWIFT numbers the lines of a party's name and address: "ORG=1/ACME LTD".
_LINE_NUMBER = re.compile(r"^[\d/]+/")


@lru_cache(maxsize=4096)
def party_of(text: str) -> str:
    """The other party's name as the bank labels it in this text; "" where it labels none.

    "NAME: ..." and the like in some twenty banks' layouts of ten languages; a label nobody filled
    in names nobody.
    """
    for label in _PARTY:
        found = label.search(text)
        if found is None:
            continue
        rest = _LINE_NUMBER.sub("", text[found.end() :].strip())
        end = _OTHER_LABEL.search(rest)
        name = rest[: end.start()] if end else rest
        name = name.strip(" /,;-")
        if any(c.isalpha() for c in name):
            return name
    return ""
