"""How the stand-in reads what Xero leaves open (fact sheet, section 11).

The defaults are the strict reading: a client that bears them bears the other one too. Each field
is a switch of `SandboxApp` and of `tieout sandbox serve --reading NAME=VALUE`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

_WORDS = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Readings:
    """One choice per doubt.

    scope_denial        401 or 403 for a token without the scope of an endpoint
    delete_reconciled   true: a reconciled payment can be deleted; else it is a 400
    key_seconds         how long an idempotency key replays its first answer
    lower_error_keys    true: `title`, `detail` in 401 and 403 bodies; else `Title`, `Detail`
    early_payments      false: a payment dated before its document is a 400
    numbers_as_text     true: money in answers is sometimes "12.50", as Xero's examples show it
    unknown_fields      true: records carry a field, the organisation a Class, of a later version
    high_volume         above so many records an unoptimised filter or unpaged list is a 400
    """

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
