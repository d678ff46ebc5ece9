"""How the stand-in reads what Xero leaves open (fact sheet, section 11).

The defaults are the strict reading: a client that bears them bears the other one too. Each field
is a switch of `SandboxApp` and of `tieout sandbox serve --reading NAME=VALUE`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

_WORDS = {"true": True, "yes": True, "false": False, "no": False}


READINGS = {
    "scope-denial": "401 or 403 for a token without the scope of an endpoint (401).",
    "delete-reconciled": "Let a reconciled payment or batch be deleted, not a 400 (false).",
    "key-seconds": "How long an idempotency key replays its first answer (360).",
    "lower-error-keys": "Spell `title`, `detail` in 401 and 403 answers, not `Title` (false).",
    "early-payments": "Let a payment be dated before its document, not a 400 (true).",
    "numbers-as-text": 'Sometimes answer money as "12.50", as examples of Xero do (false).',
    "unknown-fields": "Add a field and an organisation Class of a later version (false).",
    "high-volume": "Refuse unoptimised filters and unpaged lists over so many records (100000).",
}


@dataclass(frozen=True, slots=True)
class Readings:
    """One choice per doubt; `READINGS` says what each decides."""

    scope_denial: int = 401
    delete_reconciled: bool = False
    key_seconds: int = 360
    lower_error_keys: bool = False
    early_payments: bool = True
    numbers_as_text: bool = False
    unknown_fields: bool = False
    high_volume: int = 100_000


STRICT = Readings()


def from_words(pairs: Iterable[str]) -> dict[str, int | bool]:
    """`["scope-denial=403"]` as keywords of `Readings`; raises ValueError naming a wrong one."""
    known = {field.name: type(field.default) for field in fields(Readings)}
    found: dict[str, int | bool] = {}
    for pair in pairs:
        name, _, word = pair.partition("=")
        name = name.strip().lower().replace("-", "_")
        if name not in known:
            raise ValueError(f"{pair!r}: the readings are {', '.join(sorted(known))}")
        wanted = word.strip().lower()
        if known[name] is bool and wanted in _WORDS:
            found[name] = _WORDS[wanted]
        elif known[name] is int and wanted.isdecimal():
            found[name] = int(wanted)
        else:
            expected = "true or false" if known[name] is bool else "a whole number"
            raise ValueError(f"{pair!r}: expected {expected}")
    if found.get("scope_denial", 401) not in (401, 403):
        raise ValueError("scope_denial is 401 or 403")
    return found
