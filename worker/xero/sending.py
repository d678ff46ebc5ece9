"""A stored dispatch goes out once, and once more where its answer was lost; the rest is reading.

Rules: design §8 "Resending". Exactly the stored bytes, under the stored key.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from worker.books.intents import Answer, Dispatch, Intent, IntentAnswer
from worker.errors import PromiseBroken, Refused, TieoutError, TryLater
from worker.xero.call import Caller, NoAnswer
from worker.xero.deadline import Deadline
from worker.xero.faults import Reply, fault
from worker.xero.throttle import Patience
from worker.xero.wire_answers import answers, refusals
from worker.xero.wire_json import Garbled, read_envelope
from worker.xero.wire_requests import KEYS

log = logging.getLogger(__name__)

RESEND_SECONDS = 60.0
_UNREACHED_MAX = 3
_KEY_MAX = 128


def send(caller: Caller, dispatch: Dispatch, intents: Sequence[Intent]) -> Answer:
    """What the ledger said of each intent.

    Raises TryLater where the deadline has passed or the budget is empty before anything left, and
    Unauthorised where the ledger refuses us: in both cases nothing was written.
    """
    if {i.id for i in intents} != set(dispatch.intent_ids):
        raise PromiseBroken(f"dispatch {dispatch.id} was handed other intents than it carries")
    if not 0 < len(dispatch.key) <= _KEY_MAX:
        raise PromiseBroken(f"dispatch {dispatch.id} has no usable idempotency key")
    return _Sending(caller, dispatch, intents).run()


class _Sending:
    """One dispatch on its way: what may have been processed, and how long it may go on."""

    def __init__(self, caller: Caller, dispatch: Dispatch, intents: Sequence[Intent]) -> None:
        self._caller = caller
        self._dispatch = dispatch
        self._intents = intents
        self._deadline = Deadline.at(dispatch.deadline, caller.clock)
        self._patience = Patience(RESEND_SECONDS)
        self._first: float | None = None
        self._doubts: list[str] = []
        self._unreached: list[str] = []

    def run(self) -> Answer:
        if self._deadline.left() <= 0:
            raise TryLater(f"dispatch {self._dispatch.id} is past its deadline and was not sent")
        while True:
            outcome = self._attempt()
            if isinstance(outcome, Answer):
                return outcome
            if len(self._doubts) > 1 or len(self._unreached) >= _UNREACHED_MAX:
                return self._unknown((self._doubts or self._unreached)[-1])
            if not self._may_resend(outcome):
                return self._unknown((self._doubts or self._unreached or ["it had to wait"])[-1])
            self._caller.sleep(outcome)

    def _attempt(self) -> Answer | float:
        """The answer, or the seconds to wait before the same bytes go out again."""
        request = self._dispatch.request
        calls = self._caller.calls
        try:
            reply = self._caller.once(
                request.method,
                request.path,
                body=request.body,
                headers={"Idempotency-Key": self._dispatch.key},
                deadline=self._deadline,
            )
        except NoAnswer as nothing:
            self._left(calls)
            if self._first is None:
                raise TryLater(f"dispatch {self._dispatch.id} was not sent: {nothing}") from None
            (self._doubts if nothing.sent else self._unreached).append(str(nothing))
            return self._breath()
        except TieoutError as refusal:
            if self._doubts:
                return self._unknown(str(refusal))
            raise
        self._left(calls)
        return self._read(reply)

    def _left(self, calls_before: int) -> None:
        """Remember when the first request left, if one did."""
        if self._first is None and self._caller.calls > calls_before:
            self._first = self._caller.sent_at

    def _read(self, reply: Reply) -> Answer | float:
        request = self._dispatch.request
        if reply.status == 429:
            # Not processed, as far as is known [M]; within the key's life a resend is safe anyway.
            try:
                return self._caller.throttle.pause(reply.headers, self._patience)
            except TryLater as limit:
                return self._unknown(str(limit), reply)
        if reply.ok:
            try:
                envelope = read_envelope(reply.body, KEYS[self._dispatch.kind])
            except Garbled as garbled:
                self._doubts.append(f"it sent {garbled}")
                return self._breath()
            told = answers(self._intents, [row for row, _ in envelope.rows])
            return self._told(tuple(self._doubted(each) for each in told), reply)
        error = fault(reply, request.method, request.path)
        if reply.passing:
            self._doubts.append(str(error))
            return self._breath()
        if self._doubts or 300 <= reply.status < 400:
            return self._unknown(str(error), reply)
        if isinstance(error, Refused):
            return self._told(refusals(self._intents, reply), reply)
        raise error

    def _doubted(self, answer: IntentAnswer) -> IntentAnswer:
        """A refusal may come of the lost attempt having succeeded: only reading can tell."""
        if self._doubts and answer.state == "rejected":
            return replace(answer, state="unknown")
        return answer

    def _breath(self) -> float:
        return 1.0 + self._caller.jitter()

    def _may_resend(self, wait: float) -> bool:
        since_first = self._caller.clock.monotonic() - (self._first or 0.0)
        return since_first + wait <= RESEND_SECONDS and self._deadline.left() > wait

    def _told(self, told: tuple[IntentAnswer, ...], reply: Reply) -> Answer:
        counts = {state: sum(a.state == state for a in told) for state in ("posted", "rejected")}
        log.info(
            "dispatch_answered",
            extra={"dispatch": self._dispatch.id, "correlation": reply.correlation_id, **counts},
        )
        return Answer(told, reply.correlation_id)

    def _unknown(self, why: str, reply: Reply | None = None) -> Answer:
        log.warning("dispatch_unknown", extra={"dispatch": self._dispatch.id, "why": why})
        return Answer(
            tuple(IntentAnswer(intent.id, "unknown", message=why) for intent in self._intents),
            reply.correlation_id if reply else "",
        )
