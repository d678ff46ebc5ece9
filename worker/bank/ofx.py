"""OFX statements (1.x and 2.x; QFX alike): bank and card lists, one account a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from worker.bank.balances import in_booking_order
from worker.bank.figures import FIRST_DAY, amount_of, booked_day, day_of, moved
from worker.bank.identify import decoded
from worker.bank.ofx_tokens import Element, Lines, read_tree
from worker.bank.source import Source, same_account
from worker.books.money import ZERO
from worker.books.records import Statement, StatementLine
from worker.errors import Refused

# (message set, response, statement, the account it is from), as OFX 2.2 names them.
_LISTS = (
    ("BANKMSGSRSV1", "STMTTRNRS", "STMTRS", "BANKACCTFROM"),
    ("CREDITCARDMSGSRSV1", "CCSTMTTRNRS", "CCSTMTRS", "CCACCTFROM"),
)
_DATE = re.compile(r"([0-9]{8})(?:[0-9]{2,6})?(?:[.:][0-9]*)?\s*(?:\[[^\[\]]*\])?")
_ISO_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9:.+Z-]*)?")
# Declared encodings that are plain character sets; others (such as Python's own) are not obeyed.
_CHARSET = re.compile(r"(cp|windows-?|iso-?8859-|koi8-|euc-|gb|big|shift_|us-?ascii|latin-?|utf-?)")
_AMOUNT = re.compile(r"[-+]? ?[0-9.,]+")

_Read = TypeVar("_Read")


def read_ofx(source: Source) -> Statement:
    """The statement of an OFX file for the account it is read for.

    `closing` is the ledger balance the file states; `opening` is derived from it only where its
    day is inside the list's days and no line is later, and is None otherwise. A day is the one
    written, at the bank's own clock. Raises BadInput with file and line.
    """
    text = decoded(source.data, _declared(source.data[:2048]))
    if text is None:
        raise source.refusal("is written in no encoding we know; export the statement again")
    lines = Lines(text)
    statement, account = _chosen(source, lines, read_tree(source, text, lines))
    return _Reader(source, lines, _currency(source, lines, statement)).statement(statement, account)


def _declared(head: bytes) -> str | None:
    """The encoding that the SGML header or XML declaration states, as Python names it."""
    text = head.decode("latin-1")
    found = re.search(r"""<\?xml[^>]*encoding=["']([\w.-]+)""", text) or re.search(
        r"CHARSET\s*:\s*([\w-]+)", text
    )
    name = found[1].lower() if found else ""
    name = f"cp{name}" if name.isdigit() else name
    return name if _CHARSET.match(name) else None


def _chosen(source: Source, lines: Lines, ofx: Element) -> tuple[Element, str]:
    """The one statement that is for this account, and the account's number in the file."""
    found: list[tuple[Element, str]] = []
    for messages, response, statement, account in _LISTS:
        for group in ofx.all(messages):
            for answer in group.all(response):
                _no_error(source, lines, answer)
                found += [(one, one.text_of(account, "ACCTID")) for one in answer.all(statement)]
    if not found:
        _no_error(source, lines, ofx.first("SIGNONMSGSRSV1") or ofx)
        kind = "an investment statement" if ofx.first("INVSTMTMSGSRSV1") else "no statement"
        raise source.refusal(f"holds {kind}; export a bank or card statement")
    wanted = source.account_number or source.account_code
    if len(found) > 1:
        named = [one for one in found if one[1] and same_account(one[1], wanted)]
        if len(named) != 1:
            numbers = ", ".join(number or "without number" for _, number in found)
            raise source.refusal(
                f"holds {len(found)} statements ({numbers}) and it is not sure which is account"
                f" {wanted}; export one account a file"
            )
        found = named
    number = found[0][1]
    if number and source.account_number and not same_account(number, source.account_number):
        raise source.refusal(
            f"is of account {number}, not {source.account_number} ({source.account_code});"
            " import it under the account it belongs to",
            lines.place(found[0][0].at),
        )
    return found[0]


def _no_error(source: Source, lines: Lines, answer: Element) -> None:
    for holder in (answer, answer.first("SONRS") or answer):
        if holder.text_of("STATUS", "SEVERITY").upper() == "ERROR":
            code, says = holder.text_of("STATUS", "CODE"), holder.text_of("STATUS", "MESSAGE")
            raise source.refusal(
                f"is the bank's refusal (code {code} {says}), not a statement; download it again",
                lines.place(holder.at),
            )


def _currency(source: Source, lines: Lines, statement: Element) -> str | None:
    stated = statement.text_of("CURDEF").upper()
    if stated and source.currency and stated != source.currency:
        raise source.refusal(
            f"is in {stated}, but the account is in {source.currency}; import it under an account"
            f" in {stated}",
            lines.place(statement.at),
        )
    return source.currency or stated or None


class _Reader:
    """Reads one STMTRS or CCSTMTRS, once its account and currency are settled."""

    def __init__(self, source: Source, lines: Lines, currency: str | None) -> None:
        self._source = source
        self._lines = lines
        self._currency = currency

    def statement(self, statement: Element, account: str) -> Statement:
        listed = list(statement.all("BANKTRANLIST"))
        if len(listed) > 1:
            raise self._source.refusal(
                "holds two lists of one account; export them as two files",
                self._lines.place(listed[1].at),
            )
        booked = [self._line(one, at) for at, one in enumerate(self._transactions(listed), 1)]
        booked_in_order, _ = in_booking_order(booked)
        first = self._day(listed, "DTSTART")
        last = self._day(listed, "DTEND")
        closing, as_of = self._ledger_balance(statement)
        days = [line.date for line in booked]
        today = self._source.today
        return Statement(
            file=self._source.file,
            format="ofx",
            account=account,
            currency=self._currency or "",
            lines=booked_in_order,
            opening=_opening(closing, as_of, last, booked) if listed else None,
            closing=closing,
            start=min([*days, *([first] if first and first >= FIRST_DAY else [])], default=None),
            end=max([*days, *([min(last, today)] if last else [])], default=None),
            pending_dropped=sum(
                len(list(pending.all("STMTTRNP"))) for pending in statement.all("BANKTRANLISTP")
            ),
        )

    def _transactions(self, listed: Sequence[Element]) -> list[Element]:
        found = []
        for child in listed[0].children if listed else ():
            if child.name == "STMTTRN":
                found.append(child)
            # A bank's own additions have a dot in their name (OFX 2.2, 2.7).
            elif child.name not in ("DTSTART", "DTEND") and "." not in child.name:
                raise self._source.refusal(
                    f"has <{child.name}> among its transactions, where none belongs; it is damaged",
                    self._lines.place(child.at),
                )
        return found

    def _line(self, found: Element, at: int) -> StatementLine:
        nth = f", transaction {at}"
        self._in_currency(found, nth)
        available = found.text_of("DTAVAIL")
        return StatementLine(
            date=self._once(found, "DTPOSTED", self._booked, nth),
            amount=self._once(found, "TRNAMT", lambda text: moved(self._amount(text)), nth),
            payee=found.text_of("NAME") or found.text_of("PAYEE", "NAME"),
            reference=found.text_of("REFNUM") or found.text_of("CHECKNUM"),
            description=found.text_of("MEMO"),
            type=found.text_of("TRNTYPE"),
            counterparty_account=found.text_of("BANKACCTTO", "ACCTID")
            or found.text_of("CCACCTTO", "ACCTID"),
            bank_reference=found.text_of("FITID"),
            balance=None,
            place=self._lines.place(found.at) + nth,
            value_date=self._once(found, "DTAVAIL", _day, nth) if available.strip("0") else None,
        )

    def _once(self, found: Element, name: str, read: Callable[[str], _Read], nth: str) -> _Read:
        """The one field of that name, read; raises BadInput at the field's own line."""
        fields = list(found.all(name))
        at = (fields or [found])[-1].at
        try:
            if len(fields) > 1:
                raise Refused(f"has {name} twice; two transactions ran together")
            if not fields or not fields[0].text:
                raise Refused(f"has no {name}")
            return read(fields[0].text)
        except Refused as refused:
            raise self._source.refusal(str(refused), self._lines.place(at) + nth) from None

    def _booked(self, text: str) -> date:
        return booked_day(_day(text), self._source.today)

    def _in_currency(self, found: Element, nth: str) -> None:
        # CURRENCY says what TRNAMT is in; ORIGCURRENCY only what it was converted from.
        symbol = found.text_of("CURRENCY", "CURSYM").upper()
        if symbol and self._currency is None:
            self._currency = symbol
        elif symbol and symbol != self._currency:
            raise self._source.refusal(
                f"is in {symbol}, but the account is in {self._currency}",
                self._lines.place(found.at) + nth,
            )

    def _amount(self, text: str) -> Decimal:
        if not _AMOUNT.fullmatch(text):
            raise Refused(f"{text[:40]!r} is not an amount")
        last = max(text.rfind("."), text.rfind(","))
        mark = text[last] if last >= 0 else "."
        if text.count(mark) > 1:  # it parts thousands
            mark = "," if mark == "." else "."
        return amount_of(text, decimal=mark, currency=self._currency)

    def _day(self, listed: Sequence[Element], name: str) -> date | None:
        text = listed[0].text_of(name) if listed else ""
        if not text.strip("0"):
            return None
        try:
            return _day(text)
        except Refused as refused:
            at = listed[0].first(name) or listed[0]
            raise self._source.refusal(f"{name}: {refused}", self._lines.place(at.at)) from None

    def _ledger_balance(self, statement: Element) -> tuple[Decimal | None, date | None]:
        ledger = statement.first("LEDGERBAL")
        if ledger is None or not ledger.text_of("BALAMT"):
            return None, None
        try:
            as_of = ledger.text_of("DTASOF")
            closing = self._amount(ledger.text_of("BALAMT")) + 0
            return closing, _day(as_of) if as_of.strip("0") else None
        except Refused as refused:
            raise self._source.refusal(
                f"ledger balance: {refused}", self._lines.place(ledger.at)
            ) from None


def _opening(
    closing: Decimal | None, as_of: date | None, last: date | None, lines: Sequence[StatementLine]
) -> Decimal | None:
    """The balance before the first line, where the list holds all that the closing one counts."""
    newest = max((line.date for line in lines), default=as_of)
    if closing is None or as_of is None or newest is None:
        return None
    if not newest <= as_of <= (last or newest):
        return None
    return closing - sum((line.amount for line in lines), ZERO)


def _day(text: str) -> date:
    if found := _DATE.fullmatch(text):
        return day_of(found[1], "%Y%m%d")
    if found := _ISO_DATE.fullmatch(text):
        return day_of(found[1], "%Y-%m-%d")
    raise Refused(f"{text[:40]!r} is not a day")
