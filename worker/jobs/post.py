"""Post: every approved write goes out once, and what the ledger answered is recorded."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from worker.books.intents import Dispatch, Found, Intent, IntentAnswer, IntentState
from worker.books.ports import Lease
from worker.books.records import Document
from worker.errors import TieoutError
from worker.jobs.cash_seen import others_cash
from worker.jobs.pull import CASH, Pulled, refresh
from worker.jobs.setup import LEASE_TTL_SECONDS, Setup
from worker.mirror import leases, outbox
from worker.mirror.outbox import UnknownIntent
from worker.posting import keys
from worker.posting.grouping import dispatches, rounds
from worker.posting.guards import Fresh, check
from worker.posting.plan import next_generation

log = logging.getLogger(__name__)

# A request may take this long; it ends well inside the lease (design §8).
REQUEST_SECONDS = 60
LEASE_RESERVE_SECONDS = 10
# Absence is believed after three reads, this long after the dispatch's deadline (design §8).
ABSENCE_READS = (timedelta(seconds=30), timedelta(seconds=60), timedelta(minutes=5))

# Other people's cash records are read anew when the last reading is older than this.
CASH_AGE_SECONDS_MAX = 30


@dataclass(frozen=True, slots=True)
class Posted:
    """What a posting job did: intent ids by outcome."""

    posted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    parked: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    failure: TieoutError | None = None
    """What ended the job early; the outcomes before it stand."""


def post(setup: Setup, pulled: Pulled, lease: Lease) -> Posted:
    """Send every approved intent once, settle what an earlier run left open.

    A write is sent only after a fresh read says that it still holds; its bytes are stored before
    they leave. Over the caps of the configuration an intent stays approved for the next run. What
    was sent before something failed is told beside the failure.
    """
    settled = settle_unknowns(setup, pulled, lease)
    _free_unlocked(setup, pulled, lease)
    with setup.mirror.read() as conn:
        approved = outbox.open_intents(conn, setup.name, states=("approved",))
    waiting = [intent for intent in approved if _may_send(intent, pulled)]
    intents, problems = _within_caps(setup, waiting)
    result = _Tally(settled, list(problems))
    if len(waiting) < len(approved):
        held = f"{len(approved) - len(waiting)} approved postings are held by their account's mode"
        result.problems.append(("mode", held))
    try:
        _send_all(setup, pulled, intents, lease, result)
    except TieoutError as failure:
        return result.done(failure)
    return result.done()


def _send_all(
    setup: Setup, pulled: Pulled, intents: Sequence[Intent], lease: Lease, result: _Tally
) -> None:
    # Read anew even right after a pull: in its seconds a person may have typed in the same cash.
    read_at: float | None = None
    for wave in rounds(intents):
        if read_at is None or setup.clock.monotonic() - read_at > CASH_AGE_SECONDS_MAX:
            refresh(setup, CASH)
            read_at = setup.clock.monotonic()
        for group in dispatches(_guarded(setup, pulled, wave, lease, result)):
            lease = _renewed(setup, lease)
            _send(setup, group, lease, result)


def _may_send(intent: Intent, pulled: Pulled) -> bool:
    """Whether every account it writes to is in a mode that lets it go; the mode may have changed.

    `suggest` sends what a person accepted, `observe` nothing.
    """
    touched = (intent.account_id, intent.to_account_id)
    modes = {pulled.accounts[i].mode if i in pulled.accounts else "observe" for i in touched if i}
    if "observe" in modes:
        return False
    return "suggest" not in modes or intent.owner.startswith("person:")


def _free_unlocked(setup: Setup, pulled: Pulled, lease: Lease) -> None:
    """What a lock held up is approved again once its day is open."""
    locked = pulled.organisation.locked_through
    with setup.mirror.write() as conn:
        for intent in outbox.open_intents(conn, setup.name, states=("blocked_by_lock",)):
            if locked is None or intent.date > locked:
                outbox.move(
                    conn,
                    setup.name,
                    intent.id,
                    from_state="blocked_by_lock",
                    to_state="approved",
                    lease=lease,
                )


class _Tally:
    """Outcomes collected while the job goes on."""

    def __init__(self, posted: Iterable[str], problems: list[tuple[str, str]]) -> None:
        self.posted = list(posted)
        self.refused: list[str] = []
        self.unknown: list[str] = []
        self.parked: list[str] = []
        self.problems = problems

    def done(self, failure: TieoutError | None = None) -> Posted:
        return Posted(
            tuple(self.posted),
            tuple(self.refused),
            tuple(self.unknown),
            tuple(self.parked),
            tuple(self.problems),
            failure,
        )


def _within_caps(
    setup: Setup, waiting: Sequence[Intent]
) -> tuple[list[Intent], tuple[tuple[str, str], ...]]:
    """The oldest intents that fit the run's caps, and a sentence for those that wait.

    Within a day the planned order stays: an allocation comes before its line's payment.
    """
    chosen: list[Intent] = []
    money = Decimal(0)
    for intent in sorted(waiting, key=lambda i: i.date):
        if setup.per_run_max is not None and len(chosen) >= setup.per_run_max:
            break
        more = money + abs(intent.amount)
        if setup.per_run_amount_max is not None and more > setup.per_run_amount_max:
            break
        chosen.append(intent)
        money = more
    left = len(waiting) - len(chosen)
    if not left:
        return chosen, ()
    return chosen, (("cap", f"{left} approved postings wait for the next run: over the run's cap"),)


def _guarded(
    setup: Setup, pulled: Pulled, wave: Sequence[Intent], lease: Lease, result: _Tally
) -> list[Intent]:
    """Those of a wave that still hold on a fresh read; the others are moved with the reason."""
    fresh = _fresh(setup, pulled, wave)
    going: list[Intent] = []
    for intent in wave:
        objection = check(intent, fresh)
        if objection is None:
            going.append(intent)
            continue
        result.parked.append(intent.id)
        result.problems.append((objection.state, f"{intent.code}: {objection.reason}"))
        with setup.mirror.write() as conn:
            outbox.move(
                conn,
                setup.name,
                intent.id,
                from_state="approved",
                to_state=objection.state,
                reason=objection.reason,
                lease=lease,
            )
    return going


def _fresh(setup: Setup, pulled: Pulled, wave: Sequence[Intent]) -> Fresh:
    refs = {
        (intent.credit_kind if is_credit else "invoice", document_id)
        for intent in wave
        for document_id, is_credit in _documents_of(intent)
    }
    documents: Mapping[str, Document] = setup.ledger.documents(sorted(refs)) if refs else {}
    accounts = {i.account_id for i in wave} | {i.to_account_id for i in wave} - {""}
    since = min(intent.date for intent in wave) - timedelta(days=200)
    with setup.mirror.read() as conn:
        cash = others_cash(conn, setup.name, tuple(sorted(accounts)), since)
    return Fresh(
        organisation=pulled.organisation,
        documents=documents,
        cash=cash,
        today=setup.today(pulled.organisation),
    )


def _documents_of(intent: Intent) -> list[tuple[str, bool]]:
    """(document id, is it a credit) of everything this write touches."""
    refund = intent.kind == "payment" and bool(intent.credit_kind)
    touched = [(share.document_id, refund) for share in intent.shares]
    return touched + ([(intent.credit_id, True)] if intent.credit_id else [])


def _send(setup: Setup, group: tuple[Intent, ...], lease: Lease, result: _Tally) -> None:
    """Store the exact request with its intents as `sending`, send it, record the answers."""
    deadline = setup.clock.real() + timedelta(
        seconds=min(REQUEST_SECONDS, LEASE_TTL_SECONDS - LEASE_RESERVE_SECONDS)
    )
    dispatch = Dispatch(
        id="P" + uuid.uuid4().hex[:20],
        kind=group[0].kind,
        intent_ids=tuple(intent.id for intent in group),
        request=setup.ledger.request_for(group),
        key=keys.dispatch_key(intent.meaning for intent in group),
        deadline=deadline,
    )
    with setup.mirror.write() as conn:
        if not outbox.claim_dispatch(conn, setup.name, dispatch, lease, setup.clock.real()):
            result.problems.append(("taken", "another run took these postings first"))
            return
    failure: TieoutError | None = None
    try:
        answers = setup.ledger.send(dispatch, group).answers
    except TieoutError as reason:
        # The client says that nothing was written; all the same only reading may settle it.
        failure = reason
        answers = tuple(IntentAnswer(i.id, "unknown", message=str(reason)) for i in group)
    with setup.mirror.write() as conn:
        outbox.settle(conn, setup.name, dispatch.id, answers, lease, setup.clock.real())
    if failure is not None:
        raise failure
    _count(answers, {intent.id: intent for intent in group}, result)


def _count(answers: Iterable[IntentAnswer], intents: Mapping[str, Intent], result: _Tally) -> None:
    for answer in answers:
        intent = intents[answer.intent_id]
        code = intent.code
        log.info(
            f"{intent.kind}_{answer.state}",
            extra={
                "code": code,
                "bank_lines": ",".join(intent.line_ids),
                "documents": ",".join(share.document_number for share in intent.shares),
                "amount": f"{intent.amount} {intent.currency}",
                "ledger_id": answer.ledger_id,
            },
        )
        if answer.state == "posted":
            result.posted.append(answer.intent_id)
        elif answer.state == "rejected":
            result.refused.append(answer.intent_id)
            result.problems.append(("rejected", f"{code}: Xero refused it: {answer.message}"))
        else:
            result.unknown.append(answer.intent_id)
            result.problems.append(
                ("unknown", f"{code}: no clear answer from Xero; it will be looked up, not resent")
            )


def settle_unknowns(setup: Setup, pulled: Pulled, lease: Lease) -> tuple[str, ...]:
    """Settle by reading alone what an earlier run, or a lost answer, left open.

    What carries our code is posted. Absence needs three reads spread over five minutes with the
    document unchanged; only then is the write planned again under the next generation.
    """
    with setup.mirror.write() as conn:
        outbox.strand(conn, setup.name, lease)
        unknown = outbox.unknowns(conn, setup.name)
    now = setup.clock.real()
    due = [
        each
        for each in unknown
        if now >= each.deadline + ABSENCE_READS[min(each.absence_reads, len(ABSENCE_READS) - 1)]
        or each.absence_reads == 0
    ]
    if not due:
        return ()
    found = setup.ledger.find([each.intent for each in due])
    return tuple(
        each.intent.id
        for each in due
        if _settle_one(setup, pulled, each, found.get(each.intent.id), lease)
    )


def _settle_one(
    setup: Setup, pulled: Pulled, each: UnknownIntent, found: Found | None, lease: Lease
) -> bool:
    """Whether the write turned out to be posted; otherwise one step nearer to knowing."""
    seen = found or Found(each.intent.id)
    now = setup.clock.real()

    def move(to_state: IntentState, reason: str) -> bool:
        return outbox.move(
            conn,
            setup.name,
            each.intent.id,
            from_state="unknown",
            to_state=to_state,
            reason=reason,
            ledger_id=seen.ledger_id,
            lease=lease,
        )

    with setup.mirror.write() as conn:
        leases.check(conn, lease, now)
        if seen.several:
            move("needs_human", "more than one record in Xero carries this code")
            return False
        if seen.ledger_id and seen.differs:
            move("needs_human", f"Xero holds it, but {seen.differs}")
            return False
        if seen.ledger_id:
            return move("posted", "found by reading")
        if now < each.deadline + ABSENCE_READS[0]:
            return False
        changed = bool(each.stamp) and seen.stamp != each.stamp
        reads = 0 if changed else each.absence_reads
        if reads + 1 < len(ABSENCE_READS):
            outbox.note_absence(conn, setup.name, each.intent.id, now, seen.stamp)
        else:
            again = next_generation(each.intent, pulled.organisation.id)
            outbox.next_generation(conn, setup.name, each.intent.id, again)
        return False


def _renewed(setup: Setup, lease: Lease) -> Lease:
    with setup.mirror.write() as conn:
        return leases.renew(conn, lease, setup.clock.real())
