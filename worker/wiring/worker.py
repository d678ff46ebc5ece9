"""Configuration → Worker: where the concrete parts meet."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import httpx

from worker.actions import review
from worker.actions.review import Explained
from worker.bank.profiles import shipped
from worker.bankrules.language import Rule, parse
from worker.books.decisions import Decision
from worker.books.intents import Intent
from worker.books.period import Month, last_complete_month
from worker.books.ports import Clock
from worker.books.records import Side
from worker.config import (
    AccountConfig,
    Config,
    DiscountConfig,
    OrganisationConfig,
    is_loopback,
)
from worker.errors import NoInput, Refused, SetupWrong
from worker.jobs.digest import heading
from worker.jobs.figures import Basis, Decided, read_aged, read_facts, read_profit_and_loss
from worker.jobs.inbox import ImportedFile, import_file
from worker.jobs.post import Posted
from worker.jobs.post_now import post_now
from worker.jobs.pull import reopen
from worker.jobs.run_once import JOBS, OrganisationRun, broken, run_once
from worker.jobs.setup import AccountSetup, Setup
from worker.jobs.verify import Verified
from worker.matching.policy import DiscountTerms, MatchingPolicy
from worker.mirror import decisions as decided
from worker.mirror import organisations, outbox
from worker.mirror.budget import MirrorCallBudget
from worker.mirror.engine import Mirror, open_mirror
from worker.reports import render
from worker.reports.open_items import Aged
from worker.reports.profit_and_loss import ProfitAndLoss
from worker.wiring.clock import SystemClock
from worker.wiring.logs import configure
from worker.wiring.sandbox import builtin
from worker.wiring.tokens import TokenFile
from worker.xero.auth import ClientCredentials, RefreshToken
from worker.xero.client import XeroLedger

log = logging.getLogger(__name__)
# Without a handler Python would print the bare names of events on stderr.
logging.getLogger("worker").addHandler(logging.NullHandler())

ORGANISATIONS_AT_ONCE = 4
REPORTS = ("profit-and-loss", "aged-receivables", "aged-payables")


class Worker:
    """All organisations of a configuration, ready to work on; one method per thing to ask for."""

    def __init__(self, config: Config, clock: Clock, mirror: Mirror, setups: tuple[Setup, ...]):
        self.config = config
        self.clock = clock
        self.mirror = mirror
        self.setups = setups

    def close(self) -> None:
        for setup in self.setups:
            setup.ledger.close()
        self.mirror.close()

    def one(self, name: str | None) -> Setup:
        """The organisation meant. Raises Refused when that is not clear, listing them."""
        names = ", ".join(setup.name for setup in self.setups)
        if name is None:
            if len(self.setups) == 1:
                return self.setups[0]
            raise Refused(f"several organisations are configured; name one with --org: {names}")
        for setup in self.setups:
            if setup.name == name:
                return setup
        raise SetupWrong(f"no organisation {name!r} is configured; there are: {names}")

    def run_once(
        self, name: str | None = None, *, jobs: Collection[str] = JOBS, dry_run: bool = False
    ) -> tuple[str, tuple[OrganisationRun, ...]]:
        """Run the jobs once for every organisation, or one; (run id, what each did)."""
        run_id = f"R{self.clock.real():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        setups = self.setups if name is None else (self.one(name),)
        if len(setups) == 1:
            return run_id, (run_once(setups[0], run_id, jobs=jobs, dry_run=dry_run),)

        def one(setup: Setup) -> OrganisationRun:
            try:
                return run_once(setup, run_id, jobs=jobs, dry_run=dry_run)
            except Exception as bug:
                # A bug met in one organisation's books is told, and does not stop the others.
                log.exception("run_broken", extra={"organisation": setup.name, "run": run_id})
                return broken(setup, run_id, bug)

        with ThreadPoolExecutor(max_workers=ORGANISATIONS_AT_ONCE) as pool:
            return run_id, tuple(pool.map(one, setups))

    def import_files(
        self, paths: Collection[Path], account: str, name: str | None = None
    ) -> list[ImportedFile]:
        """Statement files into one account, each as a whole or not at all; no network.

        Raises NoInput for a missing file before anything is read.
        """
        setup = self.one(name)
        for path in paths:
            if not path.exists():
                raise NoInput(f"{path}: no such file")
        known = {each.code: each for each in setup.accounts}
        if account not in known:
            listed = ", ".join(known) or "none"
            raise Refused(f"account {account} is not configured; accounts are: {listed}")
        imported = [import_file(setup, path, known[account], again=True) for path in paths]
        return [each for each in imported if each is not None]

    def decisions(self, name: str | None = None) -> list[Decided]:
        """The current decision on every line, oldest line first."""
        facts = read_facts(self.one(name))
        found = [
            Decided(decision, facts.lines[line_id], facts.state_of(decision))
            for decision in facts.decisions
            if (line_id := decision.proposal.line_id) in facts.lines
        ]
        return sorted(found, key=lambda d: (d.line.date, d.line.account_code, d.line.id))

    def explain(self, what: str, name: str | None = None) -> Explained:
        return review.explain(self.mirror, self.one(name).name, what)

    def accept(
        self, what: str, who: str, name: str | None = None
    ) -> tuple[Decision, tuple[Intent, ...], tuple[Posted, Verified] | None]:
        """Approve a line's proposal and send it; None instead of a result means: queued."""
        setup = self.one(name)
        pulled = reopen(setup)
        decision, intents = review.accept(
            self.mirror,
            setup.name,
            what,
            who=who,
            organisation=pulled.organisation,
            accounts=pulled.accounts,
            today=setup.today(pulled.organisation),
            now=self.clock.now(),
            tax_filed_through=setup.tax_filed_through,
        )
        return decision, intents, post_now(setup, pulled, time.sleep)

    def decline(self, what: str, who: str, why: str, name: str | None = None) -> Decision:
        return review.decline(
            self.mirror, self.one(name).name, what, who=who, why=why, now=self.clock.now()
        )

    def report(
        self,
        report: str,
        *,
        month: str | None = None,
        as_of: date | None = None,
        form: render.Format = "text",
        name: str | None = None,
    ) -> str:
        """A standard report as text, HTML, JSON or CSV. Raises Refused for an unknown name."""
        setup = self.one(name)
        if report not in REPORTS:
            close = get_close_matches(report, REPORTS, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise Refused(f"no report {report!r}{hint} There are: {', '.join(REPORTS)}")
        organisation = setup.ledger.organisation()
        today = setup.today(organisation)
        about = heading(setup, organisation, "")
        if report == "profit-and-loss":
            asked = Month.parse(month) if month else last_complete_month(today)
            basis: Basis = "cash" if setup.basis == "cash" else "accrual"
            model: ProfitAndLoss | Aged = read_profit_and_loss(setup, organisation, asked, basis)
            return render.report(model, form, about)
        side: Side = "receivable" if report == "aged-receivables" else "payable"
        day = as_of or today
        model = read_aged(read_facts(setup), side, day, organisation.base_currency)
        return render.report(model, form, about)

    def status(self) -> list[dict[str, object]]:
        """Per organisation: who it is, its postings by state, its lines by decision."""
        rows: list[dict[str, object]] = []
        for setup in self.setups:
            with self.mirror.read() as conn:
                pinned = organisations.pinned(conn, setup.name)
                intents = outbox.counts(conn, setup.name)
                current = decided.current(conn, setup.name)
                in_flight = outbox.lines_in_flight(conn, setup.name)
            waiting = [
                d
                for d in current
                if d.proposal.action != "explained" and d.proposal.line_id not in in_flight
            ]
            rows.append(
                {
                    "name": setup.name,
                    "organisation": pinned.name if pinned else None,
                    "mode": setup.mode,
                    "postings": intents,
                    "lines_waiting": len(waiting),
                }
            )
        return rows


def open_worker(config: Config, environ: Mapping[str, str]) -> Worker:
    """Everything a command needs, opened; the built-in sandbox where no organisation is named.

    Raises SetupWrong, with the mend, where secrets, rules, folders or the database are not usable.
    """
    configure(environ)
    clock = SystemClock(environ)
    mirror = open_mirror(config.database_url)
    try:
        if config.organisations:
            setups = tuple(_real(config, each, mirror, clock) for each in config.organisations)
        else:
            wanted, http = builtin(config, clock)
            setups = (_setup(config, wanted, mirror, clock, http, is_sandbox=True),)
    except BaseException:
        mirror.close()
        raise
    return Worker(config, clock, mirror, setups)


def _real(config: Config, wanted: OrganisationConfig, mirror: Mirror, clock: Clock) -> Setup:
    loopback = is_loopback(wanted.xero.base_url)
    http = httpx.Client(follow_redirects=False, trust_env=not loopback)
    return _setup(config, wanted, mirror, clock, http)


def _setup(
    config: Config,
    wanted: OrganisationConfig,
    mirror: Mirror,
    clock: Clock,
    http: httpx.Client,
    *,
    is_sandbox: bool = False,
) -> Setup:
    """One organisation's configuration as nouns, its ledger client wired to the shared budget."""
    xero = wanted.xero
    budget = MirrorCallBudget(mirror, wanted.name, clock, sleep=time.sleep)
    auth: ClientCredentials | RefreshToken
    if xero.grant == "refresh_token":
        auth = RefreshToken(
            token_url=xero.token_url,
            client_id=xero.client_id,
            client_secret=xero.client_secret.reveal,
            store=TokenFile(config.state_dir, wanted.name),
            http=http,
            clock=clock,
            sleep=time.sleep,
        )
    else:
        auth = ClientCredentials(
            token_url=xero.token_url,
            client_id=xero.client_id,
            client_secret=xero.client_secret.reveal,
            scopes=xero.scopes,
            http=http,
            clock=clock,
            sleep=time.sleep,
        )
    with mirror.read() as conn:
        pinned = organisations.pinned(conn, wanted.name)
    ledger = XeroLedger(
        http=http,
        base_url=xero.base_url,
        auth=auth,
        budget=budget,
        clock=clock,
        tenant_id=xero.tenant_id,
        pinned_organisation_id=pinned.id if pinned else None,
        sleep=time.sleep,
    )
    return Setup(
        name=wanted.name,
        mirror=mirror,
        ledger=ledger,
        clock=clock,
        accounts=tuple(_account(config, wanted, each) for each in wanted.accounts),
        matching=MatchingPolicy(
            as_of=date.min,
            identical_documents=wanted.matching.identical_documents,
            wrong_posts_max=wanted.matching.wrong_posts_max,
            discounts=tuple(_discount(each) for each in wanted.discounts),
        ),
        rules=load_rules(wanted.rules_dir),
        out_dir=config.out_dir / wanted.name if len(config.organisations) > 1 else config.out_dir,
        per_run_max=None if is_sandbox else wanted.posting.per_run_max,
        per_run_amount_max=wanted.posting.per_run_amount_max,
        tax_filed_through=wanted.tax_filed_through,
        basis=config.digest.basis,
        is_sandbox=is_sandbox,
        others=tuple(o.name for o in config.organisations if o.name != wanted.name),
    )


def check_parts(config: Config) -> None:
    """What only the parts know of a configuration: CSV profiles by name, and the bank rules.

    Raises SetupWrong with every fault, a line each.
    """
    faults: list[str] = []
    for wanted in config.organisations:
        for account in wanted.accounts:
            try:
                _account(config, wanted, account)
            except SetupWrong as fault:
                faults.append(f"{wanted.name}, account {account.code}: {fault}")
    for folder in dict.fromkeys([config.rules_dir, *(o.rules_dir for o in config.organisations)]):
        try:
            load_rules(folder)
        except SetupWrong as fault:
            faults.append(str(fault))
    if faults:
        raise SetupWrong("\n".join(faults))


def _account(config: Config, wanted: OrganisationConfig, account: AccountConfig) -> AccountSetup:
    profile = account.csv
    if isinstance(profile, str) and profile in config.csv_profiles:
        profile = config.csv_profiles[profile]
    elif isinstance(profile, str):
        shipped(profile)
    return AccountSetup(
        code=account.code,
        currency=account.currency,
        kind=account.kind,
        source=account.source,
        mode=account.mode,
        post_from=account.post_from,
        csv=profile,
        inboxes=config.statement_folders(wanted, account.code),
        passed_over=config.passed_over_folders(wanted, account.code),
    )


def _discount(wanted: DiscountConfig) -> DiscountTerms:
    return DiscountTerms(
        percent=wanted.percent,
        days=wanted.days,
        account=wanted.account,
        tax=wanted.tax,
        base=wanted.base,
        contact=wanted.contact,
        group=wanted.group,
    )


def load_rules(folder: Path) -> tuple[Rule, ...]:
    """Every rule of the folder's YAML files, in the order of their names. Raises SetupWrong."""
    if not folder.is_dir():
        return ()
    rules: list[Rule] = []
    for path in sorted(folder.glob("*.y*ml")):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise SetupWrong(f"{path}: cannot be read: {fault}") from None
        rules += parse(text, f"{folder.name}/{path.name}")
    return tuple(rules)
