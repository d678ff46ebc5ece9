"""Rules applied to bank lines: which rule takes a line, and what it makes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from worker.bankrules.patterns import compiled
from worker.bankrules.rule import Ask, Code, Condition, Ignore, Rule, Slice, Transfer, When
from worker.books.decisions import Coding, CodingLine, Proposal
from worker.books.money import plain, to_cents
from worker.books.period import Month
from worker.books.records import BankLine, Contact, TaxRate
from worker.errors import Refused
from worker.text.fold import fold


@dataclass(frozen=True, slots=True)
class _Chart:
    """What a rule's words must exist in before it may code anything."""

    contacts: Mapping[str, tuple[Contact, ...]]
    """By folded name, and by id."""
    accounts: Collection[str]
    tax_types: frozenset[str]


def apply(
    lines: Sequence[BankLine],
    rules: Sequence[Rule],
    contacts: Sequence[Contact],
    accounts: Collection[str],
    tax_rates: Sequence[TaxRate],
) -> dict[str, Proposal]:
    """What the rules say of each line they fit, by line id; lines no rule fits are absent.

    Rules are tried by priority, lowest first, then in the order given. A rule that names an
    account code, tax type or contact the ledger does not have in use suggests and says so. Coded
    amounts are positive, tax inclusive, and sum to the line's size exactly.
    """
    named: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.status == "ACTIVE" and not contact.merged_into:
            named[fold(contact.name)].append(contact)
            named[contact.id].append(contact)
    chart = _Chart(
        contacts={name: tuple(held) for name, held in named.items()},
        accounts=accounts,
        tax_types=frozenset(rate.tax_type for rate in tax_rates if rate.status == "ACTIVE"),
    )
    ordered = sorted(rules, key=lambda rule: rule.priority)
    found: dict[str, Proposal] = {}
    for line in lines:
        taking = _rules_for(line, ordered)
        if taking and not line.flag and line.amount:
            found[line.id] = _proposal(line, taking, chart)
    return found


def fits(rule: Rule, line: BankLine) -> bool:
    """Whether the rule's conditions hold for the line."""
    return _holds(rule.when, line)


def _rules_for(line: BankLine, rules: Iterable[Rule]) -> list[Rule]:
    """The rules that take the line: up to and including the first that stops."""
    taking = []
    for rule in rules:
        if fits(rule, line):
            taking.append(rule)
            if rule.stop:
                break
    return taking


def _proposal(line: BankLine, taking: Sequence[Rule], chart: _Chart) -> Proposal:
    first = taking[0]
    other = next((rule for rule in taking[1:] if rule.then != first.then), None)
    if other is not None:
        return _asks(
            line,
            "rules_disagree",
            f"Rules “{first.name}” and “{other.name}” both fit and say different things.",
        )
    match first.then:
        case Code() as code:
            return _coded(line, first, code, chart)
        case Transfer(account):
            return _asks(
                line,
                "rule_transfer",
                f"Rule “{first.name}” ({first.place}): a transfer with account {account}.",
            )
        case Ignore(reason):
            return Proposal(
                line.id,
                "none",
                reason_code="rule_ignore",
                why=f"Rule “{first.name}” ({first.place}) leaves it alone: {reason}.",
            )
        case Ask(question):
            return _asks(line, "rule_ask", f"Rule “{first.name}” ({first.place}) asks: {question}")


def _coded(line: BankLine, rule: Rule, code: Code, chart: _Chart) -> Proposal:
    who = chart.contacts.get(code.contact) or chart.contacts.get(fold(code.contact), ())
    what = f"Rule “{rule.name}” ({rule.place})"
    if len(who) != 1:
        how = "no contact in use is" if not who else f"{len(who)} contacts are"
        return _asks(line, "unknown_contact", f"{what} fits, but {how} called {code.contact}.")
    for wanted in code.slices:
        if wanted.account not in chart.accounts:
            return _asks(
                line, "unknown_account", f"{what} fits, but account {wanted.account} is not in use."
            )
        if chart.tax_types and wanted.tax not in chart.tax_types:
            return _asks(
                line, "unknown_tax", f"{what} fits, but tax type {wanted.tax} is not in use."
            )
    try:
        parts = _parts(line, code.slices)
    except Refused as reason:
        return _asks(line, "split_does_not_fit", f"{what} fits, but {reason}.")
    said = " and ".join(
        f"{plain(part.amount, line.currency)} to {part.account_code}, tax {part.tax_type}"
        for part in parts
    )
    return Proposal(
        line_id=line.id,
        action="rule",
        confidence=1.0,
        coding=Coding(rule.name, who[0].name, parts, who[0].id),
        reason_code="rule",
        why=f"{what} codes it with {who[0].name}: {said}.",
    )


def _parts(line: BankLine, slices: Sequence[Slice]) -> tuple[CodingLine, ...]:
    """The line's size cut as the rule says; what is left goes to the one open slice."""
    size = abs(line.amount)
    sized = [_share(part, size, line.currency) for part in slices]
    left = size - sum((share for share in sized if share is not None), Decimal(0))
    amounts = [left if share is None else share for share in sized]
    if any(amount <= 0 for amount in amounts):
        raise Refused(f"its parts take more than the {plain(size, line.currency)} there is")
    return tuple(
        CodingLine(
            account_code=part.account,
            tax_type=part.tax,
            amount=amount,
            description=_described(part, line),
            tracking=part.tracking,
        )
        for part, amount in zip(slices, amounts, strict=True)
    )


def _share(part: Slice, size: Decimal, currency: str) -> Decimal | None:
    if part.amount is not None:
        return part.amount
    return None if part.percent is None else to_cents(size * part.percent / 100, currency)


def _described(part: Slice, line: BankLine) -> str:
    if not part.description:
        return line.text
    return part.description.format(
        payee=line.payee,
        reference=line.reference,
        description=line.description,
        date=line.date.isoformat(),
        month=Month.of(line.date).title,
    ).strip()


def _asks(line: BankLine, reason_code: str, why: str) -> Proposal:
    return Proposal(line.id, "suggest", reason_code=reason_code, why=why)


# Conditions


def _holds(when: When, line: BankLine) -> bool:
    return (
        all(_one_holds(condition, line) for condition in when.all)
        and (not when.any or any(_one_holds(condition, line) for condition in when.any))
        and not any(_one_holds(condition, line) for condition in when.none)
    )


def _one_holds(condition: Condition, line: BankLine) -> bool:
    match condition.part:
        case "text" | "payer" | "reference":
            return _text_holds(condition, _texts(condition.part, line))
        case "amount":
            return _between(condition, abs(line.amount))
        case "day":
            return _between(condition, Decimal(line.date.day))
        case "sign":
            return ("in" if line.amount > 0 else "out") in condition.words
        case "account":
            return line.account_code in condition.words or line.account_id in condition.words
        case "currency":
            return line.currency in condition.words


def _texts(part: str, line: BankLine) -> tuple[str, ...]:
    if part == "payer":
        # Many banks have one text column only, and the payer stands in it.
        return (line.payee or line.description,)
    if part == "reference":
        return (line.reference,)
    return (line.payee, line.reference, line.description, line.text)


def _text_holds(condition: Condition, texts: Iterable[str]) -> bool:
    if condition.operator == "regex":
        return any(compiled(w).search(t) is not None for w in condition.words for t in texts if t)
    folded = [fold(text) for text in texts]
    return any(_fits_word(condition.operator, w, t) for w in condition.words for t in folded if t)


def _fits_word(operator: str, word: str, text: str) -> bool:
    match operator:
        case "contains":
            return word in text
        case "starts":
            return text.startswith(word)
        case "ends":
            return text.endswith(word)
        case _:
            return word == text


def _between(condition: Condition, figure: Decimal) -> bool:
    return (condition.low is None or condition.low <= figure) and (
        condition.high is None or figure <= condition.high
    )
