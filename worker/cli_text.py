"""How results read on a terminal and in JSON; the field names of the JSON are a contract."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from worker.books.money import plain

if TYPE_CHECKING:
    from worker.actions.review import Explained
    from worker.books.decisions import Decision
    from worker.books.intents import Intent
    from worker.books.records import Document
    from worker.books.reports import TieOut
    from worker.jobs.figures import Decided
    from worker.jobs.inbox import ImportedFile
    from worker.jobs.post import Posted
    from worker.jobs.run_once import OrganisationRun
    from worker.jobs.verify import Verified
    from worker.wiring.sandbox import Served

WIDTH = 120
HELD = {
    "mode": "the account is not in auto",
    "cap": "over the run's cap",
    "lock": "dated in a locked or filed period",
    "gap": "a statement is missing before it",
}


def exit_code(runs: Sequence[OrganisationRun]) -> int:
    """0 when all went well; one organisation's own code; 1 when some of several failed."""
    failed = [run for run in runs if not run.ok]
    if not failed:
        return 0
    error = failed[0].error
    if len(runs) == 1 and error is not None:
        return error.exit_code
    return 1


def run_json(run_id: str, runs: Sequence[OrganisationRun], dry_run: bool) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "ok": all(run.ok for run in runs),
        "dry_run": dry_run,
        "organisations": [
            {
                "name": run.name,
                "organisation": run.title,
                "mode": run.mode,
                "lines": run.lines,
                "held": run.held,
                "posted": run.posted,
                "verified": run.verified,
                "unknown": run.unknown,
                "refused": run.refused,
                "api_calls": run.api_calls,
                "bytes_read": run.bytes_read,
                "tie_outs": [_tie_out_json(t) for t in run.tie_outs],
                "files": list(run.files),
                "seconds": run.seconds,
                "problems": [{"kind": k, "message": m} for k, m in run.problems],
            }
            for run in runs
        ],
    }


def _tie_out_json(tie: TieOut) -> dict[str, Any]:
    def said(amount: Decimal | None) -> str | None:
        return None if amount is None else plain(amount, tie.currency)

    return {
        "name": tie.name,
        "state": tie.state,
        "ours": said(tie.ours),
        "ledger": said(tie.ledger),
        "difference": said(tie.difference),
        "currency": tie.currency,
        "note": tie.note,
    }


def run_text(runs: Sequence[OrganisationRun], dry_run: bool) -> str:
    return "\n\n".join(_one_run(run, dry_run) for run in runs)


def _one_run(run: OrganisationRun, dry_run: bool) -> str:
    n = run.lines
    head = f"{run.title or run.name}" + (" (dry run: nothing was posted)" if dry_run else "")
    lines = [head, "=" * len(head)]
    if n["total"]:
        settled = n["auto"] + n["rule"] + n["transfer"]
        lines += [
            f"{n['total']:>6} bank lines looked at",
            f"{n['explained']:>6}   already in Xero",
            f"{settled:>6}   sure: {n['auto']} paired with documents, {n['rule']} by bank rules, "
            f"{n['transfer']} transfer legs",
            f"{n['suggest']:>6}   proposed, waiting for a person",
            f"{n['none']:>6}   left alone, each with its reason",
        ]
        lines += [f"{count:>6}   of the sure ones held: {HELD[h]}" for h, count in run.held.items()]
    elif run.error is None and not run.active_elsewhere:
        lines.append("     0 bank lines to look at: nothing new since the last run")
    if not dry_run and (run.posted or (run.error is None and not run.active_elsewhere)):
        lines += [
            f"{run.posted:>6} postings made, {run.verified} read back from Xero and found as meant"
        ]
    if run.unknown:
        lines.append(f"{run.unknown:>6} without a clear answer; looked up again in the next runs")
    lines += [f"       {t.name}: {t.state}{_by(t)}" for t in run.tie_outs]
    lines += [f"     ! {message}" for _, message in run.problems]
    lines += [f"       written: {path}" for path in run.files]
    seconds = sum(run.seconds.values())
    lines.append(f"       {run.api_calls} API calls, {seconds:.1f} s")
    waiting = n["suggest"] + n["none"]
    if waiting and not dry_run:
        lines.append(
            "Next: `tieout decisions` lists what waits and why; `tieout accept LINE` posts one."
        )
    return "\n".join(lines)


def _by(tie: TieOut) -> str:
    if tie.state == "different" and tie.difference is not None:
        return f" by {plain(tie.difference, tie.currency)} {tie.currency}"
    return f" ({tie.note})" if tie.state == "not provable" and tie.note else ""


def status_text(rows: Iterable[dict[str, Any]]) -> str:
    parts = []
    for row in rows:
        states = ", ".join(f"{count} {state}" for state, count in sorted(row["postings"].items()))
        parts.append(
            f"{row['name']}: {row['organisation'] or 'never pulled'}, mode {row['mode']}\n"
            f"  postings: {states or 'none'}\n"
            f"  bank lines waiting: {row['lines_waiting']}"
        )
    return "\n".join(parts)


def decisions_text(found: Sequence[Decided], everything: bool) -> str:
    """A table of decisions: the lines that wait, or all."""
    from rich.console import Console
    from rich.table import Table

    shown = [each for each in found if everything or each.state in ("waits", "on the way")]
    table = Table(box=None, pad_edge=False, show_edge=False, expand=True)
    for title in ("line", "date", "acct"):
        table.add_column(title, no_wrap=True)
    table.add_column("amount", justify="right", no_wrap=True)
    table.add_column("decision", no_wrap=True)
    table.add_column("why", overflow="fold", ratio=1)
    for each in shown:
        decision, line = each.decision, each.line
        held = f" (held: {decision.held_by})" if decision.held_by else ""
        state = "" if each.state == "waits" else f", {each.state}"
        table.add_row(
            line.id,
            line.date.isoformat(),
            line.account_code,
            plain(line.amount, line.currency),
            decision.proposal.action + held + state,
            decision.proposal.why,
        )
    buffer = io.StringIO()
    Console(file=buffer, width=WIDTH, markup=False, highlight=False).print(table)
    settled = len(found) - len(shown)
    tail = f"{len(shown)} lines wait" if not everything else f"{len(shown)} lines"
    rest = f"; {settled} more are posted or already in Xero (--all shows them)" if settled else ""
    return f"{buffer.getvalue().rstrip()}\n{tail}{rest}".lstrip("\n")


def unpaired_text(document: Document) -> str:
    """What is known of a document that no bank line is paired with."""
    total, due = (plain(amount, document.currency) for amount in (document.total, document.due))
    left = f"{due} of {total} {document.currency} is open" if document.due else "nothing is open"
    return (
        f"{document.number or document.id} of {document.contact_name}, {document.date}: {left}. "
        "No bank line is paired with it."
    )


def explained_text(found: Explained) -> str:
    line = found.line
    if line is None:
        return unpaired_text(found.document) if found.document else ""
    parts = [
        f"{line.id}  {line.date}  account {line.account_code}  "
        f"{plain(line.amount, line.currency)} {line.currency}",
        f"  {line.text}",
    ]
    if found.decision is None:
        return "\n".join([*parts, "  Not matched yet: `tieout --run-now` decides it."])
    decision, proposal = found.decision, found.decision.proposal
    parts.append(f"\n{proposal.action} ({decision.owner}): {proposal.why}")
    if decision.held_by:
        parts.append(f"Held: {HELD[decision.held_by]}.")
    for share in proposal.shares:
        parts.append(
            f"  {share.document_number or share.document_id}: {plain(share.amount, line.currency)}"
        )
    for left in proposal.remainder:
        parts.append(f"  {left.kind}: {plain(left.amount, line.currency)}")
    if proposal.evidence:
        parts.append("\nEvidence (log-odds):")
        parts += [f"  {e.weight:+.1f}  {e.sentence}" for e in proposal.evidence]
    for other in proposal.alternatives:
        names = ", ".join(s.document_number or s.document_id for s in other)
        parts.append(f"  instead of: {names}")
    for intent in found.intents:
        parts.append(f"\n{intent.kind} {intent.code}: {intent.state} {intent.reason}".rstrip())
    return "\n".join(parts)


def import_json(imported: ImportedFile) -> dict[str, Any]:
    return asdict(imported)


def import_text(imported: Iterable[ImportedFile]) -> str:
    rows = []
    for each in imported:
        if each.refused:
            rows.append(f"{each.file}: refused. {each.reason}")
            continue
        balances = (
            f", from {each.opening} to {each.closing}" if each.opening and each.closing else ""
        )
        rows.append(
            f"{each.file}: {each.lines} lines ({each.format}), {each.new} new, "
            f"{each.duplicates} known already{balances}"
        )
    return "\n".join(rows)


def accepted_json(
    decision: Decision, intents: Sequence[Intent], result: tuple[Posted, Verified] | None
) -> dict[str, Any]:
    ours = {intent.id for intent in intents}
    return {
        "line_id": decision.proposal.line_id,
        "queued": result is None,
        "posted": len(ours & set(result[0].posted)) if result else 0,
        "verified": len(ours & set(result[1].verified)) if result else 0,
        "codes": [intent.code for intent in intents],
        "problems": [{"kind": k, "message": m} for part in result or () for k, m in part.problems],
    }


def accepted_text(
    decision: Decision, intents: Sequence[Intent], result: tuple[Posted, Verified] | None
) -> str:
    codes = ", ".join(intent.code for intent in intents)
    if result is None:
        return f"queued, the running worker sends it next ({codes})"
    answer = accepted_json(decision, intents, result)
    told = [f"  {problem['message']}" for problem in answer["problems"]]
    if answer["posted"] == len(intents):
        return "\n".join([f"posted, awaiting reconciliation in Xero ({codes})", *told])
    return "\n".join([f"not posted ({codes})", *told])


def served_text(served: Served) -> str:
    notes = "".join(f"\nnote: {note}" for note in served.notes)
    return (
        f"Sandbox Xero on {served.base_url} (API under {served.base_url}/api.xro/2.0)\n"
        f"token: POST {served.token_url}, client id and secret are both: sandbox\n"
        f"Stop with Ctrl-C.{notes}"
    )
