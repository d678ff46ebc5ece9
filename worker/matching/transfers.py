"""Money moved between the organisation's own accounts: two legs, equal and opposite."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from worker.books.decisions import Evidence, Proposal
from worker.books.records import BankLine
from worker.matching.candidate import Reading
from worker.matching.memory import Memory, bare_account
from worker.matching.policy import AccountFacts, MatchingPolicy
from worker.text.fold import words
from worker.text.names import name_words, payer_words

TRANSFER_DAYS_MAX = 3
_NUMBER_DIGITS_MIN = 4

# How banks call moving money between one's own accounts, and what people call those accounts.
_TRANSFER_WORDS = frozenset(
    "transfer transfers tfr trf xfer ft ib ibt sweep umbuchung ubertrag virement traspaso "
    "giroconto overboeking overforing overforsel przelew transferencia".split()
)
_OWN_WORDS = frozenset(
    "own internal savings saver saving current main business account accounts card creditcard "
    "deposit reserve cash thank you received my our tagesgeld sparkonto spaarrekening epargne "
    "ahorro checking chequing interne compte propre eigen eigene eigenes rekening konto konton "
    "egen egna eget egne mellan mellom mellem sparkonti spar opsparing sparande girokonto "
    "tagesgeldkonto livret cuenta propia cuentas propias conto corrente zwischen".split()
)


def transfers(
    readings: Sequence[Reading], policy: MatchingPolicy, memory: Memory
) -> dict[str, Proposal]:
    """Proposals for lines that are legs of transfers, both legs of a pair or neither.

    A pair is on two own accounts of one currency, equal and opposite, within 3 days, with a text
    or account number that says so. Only a pair that fits nothing else is certain; otherwise both
    legs are asked about. `record_id` of a leg is the other account's id.
    """
    legs: dict[tuple[str, Decimal], list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.line.account_id in policy.own_accounts:
            legs[reading.line.currency, reading.line.amount].append(reading)
    partners: dict[str, list[Reading]] = {}
    for reading in readings:
        if reading.line.account_id in policy.own_accounts:
            opposite = legs.get((reading.line.currency, -reading.line.amount), ())
            partners[reading.line.id] = [o for o in opposite if _are_legs(reading, o, policy)]
    found: dict[str, Proposal] = {}
    for reading in sorted(readings, key=lambda r: (r.line.date, r.line.id)):
        mine = partners.get(reading.line.id, [])
        if reading.line.amount >= 0 or not mine:
            continue
        if len(mine) == 1 and len(partners[mine[0].line.id]) == 1:
            found.update(_pair(reading.line, mine[0].line, policy, memory))
        else:
            for each in (reading, *mine):
                found.setdefault(each.line.id, _ambiguous(each.line, partners[each.line.id]))
    return found


def _are_legs(one: Reading, two: Reading, policy: MatchingPolicy) -> bool:
    if one.line.account_id == two.line.account_id:
        return False
    if abs((one.line.date - two.line.date).days) > TRANSFER_DAYS_MAX:
        return False
    here, there = (policy.own_accounts[leg.line.account_id] for leg in (one, two))
    if _mentions(one.line, there) or _mentions(two.line, here):
        return True
    named = any(leg.references.quoted or leg.payer.is_identified for leg in (one, two))
    return not named and (_speaks_of_own(one.line, policy) or _speaks_of_own(two.line, policy))


def _mentions(line: BankLine, account: AccountFacts) -> bool:
    """The line gives the other account's number, or its last digits as a word of their own."""
    number = bare_account(account.bank_account_number)
    if len(number) < _NUMBER_DIGITS_MIN:
        return False
    given = bare_account(line.counterparty_account)
    if given and (given == number or (len(given) >= 6 and number.endswith(given))):
        return True
    tokens = [word for word in words(line.text) if word.isdigit() and len(word) >= 4]
    return number in bare_account(line.text) or any(number.endswith(token) for token in tokens)


def _speaks_of_own(line: BankLine, policy: MatchingPolicy) -> bool:
    """Nothing but transfer words, account words and the organisation's own name is left."""
    own = {word for name in policy.own_names for word in name_words(name)}
    left = [w for w in payer_words(line.text) if w not in own | _OWN_WORDS | _TRANSFER_WORDS]
    if left:
        return False
    said = set(words(line.text))
    return bool(said & (_TRANSFER_WORDS | _OWN_WORDS)) or bool(own and own <= said)


def _pair(
    out_leg: BankLine, in_leg: BankLine, policy: MatchingPolicy, memory: Memory
) -> dict[str, Proposal]:
    accounts = [policy.own_accounts[leg.account_id] for leg in (out_leg, in_leg)]
    moved = (
        f"{in_leg.amount} {in_leg.currency} left account {out_leg.account_code} on {out_leg.date} "
        f"and reached account {in_leg.account_code} on {in_leg.date}"
    )
    asks = next((a.kind for a in accounts if a.kind in ("loan", "trust", "cash")), "")
    declined = any(
        frozenset({other.id}) in memory.declines.get(leg.id, ())
        or frozenset() in memory.declines.get(leg.id, ())
        for leg, other in ((out_leg, in_leg), (in_leg, out_leg))
    )
    why = f"{moved}: a transfer between own accounts."
    if asks:
        why += f" One of them is a {asks} account, so a person says what it was for."
    if declined:
        why += " A person has said before that it is not."
    action = "suggest" if asks or declined else "transfer"
    return {
        leg.id: Proposal(
            line_id=leg.id,
            action="transfer" if action == "transfer" else "suggest",
            confidence=0.999 if action == "transfer" else 0.5,
            transfer_to=other.id,
            record_id=other.account_id,
            reason_code="transfer",
            evidence=(Evidence("transfer", 7.0, moved),),
            why=why,
        )
        for leg, other in ((out_leg, in_leg), (in_leg, out_leg))
    }


def _ambiguous(line: BankLine, partners: Sequence[Reading]) -> Proposal:
    listed = ", ".join(
        f"{p.line.account_code} on {p.line.date}" for p in sorted(partners, key=lambda p: p.line.id)
    )
    return Proposal(
        line_id=line.id,
        action="suggest",
        confidence=0.5,
        reason_code="transfer_unclear",
        why=(
            f"{abs(line.amount)} {line.currency} looks like a transfer between own accounts, but "
            f"more than one movement could be its other leg ({listed})."
        ),
    )


def own_account_named(line: BankLine, accounts: Mapping[str, AccountFacts]) -> AccountFacts | None:
    """Another own account whose full number the line gives, or None."""
    given = bare_account(line.counterparty_account)
    for account_id, account in sorted(accounts.items()):
        number = bare_account(account.bank_account_number)
        if account_id != line.account_id and len(number) >= 6 and given == number:
            return account
    return None
