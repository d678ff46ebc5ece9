"""Every command: parse → one Worker method → print. The only place that prints."""

from __future__ import annotations

import getpass
import json
import os
import secrets
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import click

from worker import cli_text as text
from worker.config import Config, load, schema
from worker.errors import BadInput, SetupWrong

JOB_NAMES = ("pull", "match", "post", "verify", "digest")


class Door:
    """What the commands share: the configuration, and how to talk."""

    def __init__(self, config_path: Path | None, quiet: bool) -> None:
        self.config_path = config_path
        self.quiet = quiet

    @property
    def config(self) -> Config:
        return load(self.config_path, os.environ)

    def say(self, sentence: str) -> None:
        """Talk goes to stderr; results alone go to stdout."""
        if not self.quiet:
            click.echo(sentence, err=True)


def worker(door: Door, org: str | None = None, *, one: bool = False) -> Any:
    """The Worker as a context: opened late, so that `--help` stays light; always closed.

    A command that concerns `one` organisation must say which, where there are several.
    """
    from contextlib import closing

    from worker.wiring import open_worker

    config = door.config
    names = [organisation.name for organisation in config.organisations]
    listed = ", ".join(names)
    if names and org is not None and org not in names:
        raise click.UsageError(f"no organisation {org!r} is configured; there are: {listed}")
    if one and org is None and len(names) > 1:
        raise click.UsageError(f"several organisations are configured; add --org NAME: {listed}")
    if not config.organisations:
        door.say("No organisation is configured: working on the built-in sandbox company.")
    return closing(open_worker(config, os.environ))


def out(value: str) -> None:
    click.echo(value)


def out_json(value: object) -> None:
    click.echo(json.dumps(value, indent=1, ensure_ascii=False, default=str))


def org_option(command: Any) -> Any:
    return click.option("--org", metavar="NAME", help="Which organisation.")(command)


def json_option(command: Any) -> Any:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration file (default: $TIEOUT_CONFIG, else config.yaml).",
)
@click.option("--run-now", is_flag=True, help="Do the whole job once: pull, match, post, verify.")
@click.option("--job", "jobs", metavar="LIST", help="Only these: " + ",".join(JOB_NAMES) + ".")
@click.option("--dry-run", is_flag=True, help="Decide, but post and keep nothing.")
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong (for cron).")
@click.option("--no-input", is_flag=True, help="Never ask; Tieout asks nothing yet in any case.")
@click.option("--version", is_flag=True, help="Print the version.")
@org_option
@json_option
@click.pass_context
def main(
    context: click.Context,
    config_path: Path | None,
    run_now: bool,
    jobs: str | None,
    dry_run: bool,
    quiet: bool,
    no_input: bool,
    version: bool,
    org: str | None,
    as_json: bool,
) -> None:
    """Tieout prepares and posts what ties a company's Xero books to its bank, and says why."""
    door = Door(config_path, quiet)
    context.obj = door
    if context.invoked_subcommand is not None:
        return
    if not run_now:
        out(context.get_help())
        return
    wanted = _jobs(jobs)
    with worker(door, org) as opened:
        run_id, runs = opened.run_once(org, jobs=wanted, dry_run=dry_run)
    if as_json:
        out_json(text.run_json(run_id, runs, dry_run))
    elif not quiet or not all(run.ok for run in runs):
        out(text.run_text(runs, dry_run))
    code = text.exit_code(runs)
    if code:
        for run in runs:
            for sentence in run.failures:
                click.echo(f"tieout: {run.name}: {sentence}", err=True)
        context.exit(code)


def _jobs(listed: str | None) -> tuple[str, ...]:
    if listed is None:
        return JOB_NAMES
    names = tuple(name.strip() for name in listed.split(",") if name.strip())
    unknown = [name for name in names if name not in JOB_NAMES]
    if unknown or not names:
        raise click.UsageError(
            f"--job knows {', '.join(JOB_NAMES)}; not {', '.join(unknown) or 'nothing'}"
        )
    return names


@main.command()
@json_option
@click.pass_obj
def status(door: Door, as_json: bool) -> None:
    """What each organisation has posted and what waits for a person."""
    with worker(door) as opened:
        rows = opened.status()
    if as_json:
        out_json({"organisations": rows})
    else:
        out(text.status_text(rows))


@main.command()
@click.option("--all", "everything", is_flag=True, help="Also what is posted or in Xero.")
@org_option
@json_option
@click.pass_obj
def decisions(door: Door, everything: bool, org: str | None, as_json: bool) -> None:
    """What was decided about each line, and why; the lines that wait, or with --all every one."""
    from worker.actions.decision_json import decision_json

    with worker(door, org, one=True) as opened:
        found = opened.decisions(org)
    if as_json:
        out_json([decision_json(d.decision, d.line) | {"state": d.state} for d in found])
    else:
        out(text.decisions_text(found, everything))


@main.command()
@click.argument("what", metavar="LINE|DOCUMENT")
@org_option
@json_option
@click.pass_obj
def explain(door: Door, what: str, org: str | None, as_json: bool) -> None:
    """Why a line was paired, coded, or left alone."""
    from worker.actions.decision_json import decision_json

    with worker(door, org, one=True) as opened:
        found = opened.explain(what, org)
    if not as_json:
        out(text.explained_text(found))
    elif found.line is None:
        out_json({"line_id": None, "why": text.explained_text(found)})
    elif found.decision is None:
        out_json({"line_id": found.line.id, "why": "not matched yet"})
    else:
        out_json(
            decision_json(found.decision, found.line)
            | {
                "evidence": [e.sentence for e in found.decision.proposal.evidence],
                "postings": [
                    {"code": i.code, "kind": i.kind, "state": i.state, "ledger_id": i.ledger_id}
                    for i in found.intents
                ],
            }
        )


@main.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--account", required=True, metavar="CODE", help="The bank account's code.")
@org_option
@json_option
@click.pass_context
def import_(
    context: click.Context, files: Sequence[Path], account: str, org: str | None, as_json: bool
) -> None:
    """Statement files into a bank account; needs no network."""
    door: Door = context.obj
    with worker(door, org, one=True) as opened:
        imported = opened.import_files(files, account, org)
    if as_json:
        out_json({"files": [text.import_json(each) for each in imported]})
    else:
        out(text.import_text(imported))
    refused = [each for each in imported if each.refused]
    if refused:
        for each in refused:
            click.echo(f"tieout: {each.reason}", err=True)
        context.exit(BadInput.exit_code)


@main.command()
@click.option("--lines", required=True, type=click.Path(path_type=Path), help="CSV or JSON.")
@click.option(
    "--documents", multiple=True, required=True, type=click.Path(path_type=Path), help="Repeatable."
)
@click.option("--history", type=click.Path(path_type=Path), help="Lines already reconciled.")
@click.option("--as-of", metavar="DATE", help="Today, for the engine (2026-03-31).")
@click.option("--out", "target", required=True, type=click.Path(path_type=Path))
@click.pass_obj
def match(
    door: Door,
    lines: Path,
    documents: Sequence[Path],
    history: Path | None,
    as_of: str | None,
    target: Path,
) -> None:
    """The matching engine alone on files; no ledger, no database."""
    from worker.actions.standalone import match_files

    decided = match_files(lines, documents, history, _day(as_of))
    _write(target, json.dumps(decided, indent=1, ensure_ascii=False) + "\n")
    door.say(f"{len(decided)} lines decided: {target}")


@main.command()
@click.argument("name")
@click.option("--month", metavar="YYYY-MM", help="The month of a profit and loss.")
@click.option("--as-of", metavar="DATE", help="The day of a balance (default: today).")
@click.option(
    "--format", "form", type=click.Choice(["text", "html", "json", "csv"]), default="text"
)
@org_option
@click.pass_obj
def report(
    door: Door, name: str, month: str | None, as_of: str | None, form: str, org: str | None
) -> None:
    """profit-and-loss, aged-receivables or aged-payables."""
    day = _day(as_of)
    with worker(door, org, one=True) as opened:
        out(opened.report(name, month=month, as_of=day, form=form, name=org))


@main.command()
@click.argument("what", metavar="LINE|DOCUMENT")
@org_option
@json_option
@click.pass_obj
def accept(door: Door, what: str, org: str | None, as_json: bool) -> None:
    """Post what was proposed for a line."""
    with worker(door, org, one=True) as opened:
        decision, intents, result = opened.accept(what, getpass.getuser(), org)
    if as_json:
        out_json(text.accepted_json(decision, intents, result))
    else:
        out(text.accepted_text(decision, intents, result))


@main.command()
@click.argument("what", metavar="LINE|DOCUMENT")
@click.option("--why", default="", help="The reason, kept with the decision.")
@org_option
@click.pass_obj
def decline(door: Door, what: str, why: str, org: str | None) -> None:
    """Say no to a proposal; it is never made again."""
    with worker(door, org, one=True) as opened:
        decision = opened.decline(what, getpass.getuser(), why, org)
    out(decision.proposal.why)


@main.group()
def sandbox() -> None:
    """The built-in stand-in for Xero."""


class ServeCommand(click.Command):
    """`serve`, whose help goes on to explain each kind of fault and each reading."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a kind, from the sandbox itself; loaded only when help is asked for."""
        from worker.wiring.sandbox import FAULT_KINDS, READING_NAMES

        with formatter.section("Kinds of fault"):
            formatter.write_dl(list(FAULT_KINDS.items()))
        with formatter.section("Readings of what Xero leaves open, with the strict one"):
            formatter.write_dl(list(READING_NAMES.items()))


def fault_rates(
    context: click.Context, option: click.Parameter, given: Sequence[str]
) -> dict[str, float]:
    """`KIND=RATE` options as rates by kind."""
    from worker.wiring.sandbox import FAULT_KINDS

    rates = {}
    for text_ in given:
        kind, _, rate = text_.partition("=")
        if kind not in FAULT_KINDS:
            raise click.BadParameter(f"{kind} is none of {', '.join(FAULT_KINDS)}")
        rates[kind] = click.FloatRange(0, 1)(rate, option, context)
    return rates


def chosen_readings(
    context: click.Context, option: click.Parameter, given: Sequence[str]
) -> dict[str, int | bool]:
    """`NAME=VALUE` options as readings by name."""
    from worker.wiring.sandbox import readings_of

    try:
        return readings_of(given)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from None


@sandbox.command(cls=ServeCommand)
@click.option("--books", type=click.Path(path_type=Path), help="A folder of Xero-shaped JSON.")
@click.option("--port", type=click.IntRange(0, 65535), default=8437, show_default=True)
@click.option("--seed", type=int, help="Another story, and the seed of faults and people.")
@click.option("--minute-limit", type=click.IntRange(1), default=60, show_default=True)
@click.option("--day-limit", type=click.IntRange(1), default=5000, show_default=True)
@click.option(
    "--fault",
    "faults",
    metavar="KIND=RATE",
    multiple=True,
    callback=fault_rates,
    help="Do this to so many of the requests, 0 to 1; may be given several times.",
)
@click.option(
    "--fault-on",
    type=click.Choice(["all", "reads", "writes"]),
    default="all",
    show_default=True,
    help="Which requests the faults are for.",
)
@click.option(
    "--people",
    type=click.FloatRange(0, 1),
    default=0,
    metavar="RATE",
    help="Let somebody work in the books before so many of the calls, 0 to 1.",
)
@click.option("--fault-seed", type=int, help="Replay faults and people; else --seed, else drawn.")
@click.option(
    "--reading",
    "readings",
    metavar="NAME=VALUE",
    multiple=True,
    callback=chosen_readings,
    help="Read a doubt about Xero the other way; may be given several times.",
)
@click.option("--paranoid", is_flag=True, help="Prove the books after every write; 500 if broken.")
@click.pass_obj
def serve(
    door: Door,
    books: Path | None,
    port: int,
    seed: int | None,
    minute_limit: int,
    day_limit: int,
    faults: dict[str, float],
    fault_on: Literal["all", "reads", "writes"],
    people: float,
    fault_seed: int | None,
    readings: dict[str, int | bool],
    paranoid: bool,
) -> None:
    """Serve it on loopback, for your own Xero app or for curl.

    With --fault and --people it also misbehaves, as networks, Xero and bookkeepers do. What it will
    do, and the seed that does it again, are printed at the start; each deed is told on stderr.
    """
    from worker.wiring.clock import SystemClock
    from worker.wiring.sandbox import Trouble, serve_sandbox

    drawn = next((s for s in (fault_seed, seed) if s is not None), secrets.randbelow(10**6))
    serve_sandbox(
        door.config,
        SystemClock(os.environ),
        books=books,
        port=port,
        seed=seed,
        minute_limit=minute_limit,
        day_limit=day_limit,
        trouble=Trouble(drawn, faults, people, fault_on),
        readings=readings,
        paranoid=paranoid,
        tell=door.say,
        ready=lambda served: click.echo(text.served_text(served)),
    )


@sandbox.command()
@click.option("--books", required=True, type=click.Path(path_type=Path), help="Where to write.")
@click.pass_obj
def dump(door: Door, books: Path) -> None:
    """Write its books as a folder of Xero-shaped JSON."""
    from worker.wiring.clock import SystemClock
    from worker.wiring.sandbox import dump_sandbox

    dump_sandbox(door.config, SystemClock(os.environ), books)
    door.say(f"books written to {books}")


@sandbox.command()
@click.option("--books", type=click.Path(path_type=Path), help="Check this folder instead.")
@click.pass_context
def check(context: click.Context, books: Path | None) -> None:
    """Prove that its ledger adds up: debits and credits, control accounts, banks."""
    from worker.wiring.clock import SystemClock
    from worker.wiring.sandbox import check_sandbox

    problems = check_sandbox(context.obj.config, SystemClock(os.environ), books)
    for problem in problems:
        out(problem)
    if problems:
        context.exit(BadInput.exit_code)
    out("The sandbox's books balance.")


@sandbox.command()
@click.pass_obj
def reset(door: Door) -> None:
    """Forget it; the next run starts with a new one."""
    from worker.wiring.sandbox import reset_sandbox

    if door.config.organisations:
        raise SetupWrong("organisations are configured; reset only concerns the built-in sandbox")
    reset_sandbox(door.config)
    door.say("the sandbox is forgotten; the next run makes a new one")


@main.group("config")
def config_() -> None:
    """The configuration file."""


@config_.command("check")
@click.pass_obj
def config_check(door: Door) -> None:
    """Every fault of the configuration at once, with file and line."""
    from worker.wiring.worker import check_parts

    config = door.config
    check_parts(config)
    count = len(config.organisations)
    out(f"The configuration is sound: {count or 'no'} organisation{'' if count == 1 else 's'}.")


@config_.command("schema")
def config_schema() -> None:
    """JSON Schema of the configuration, for editors."""
    out_json(schema())


@main.group()
def db() -> None:
    """The local database."""


@db.command()
@click.pass_obj
def upgrade(door: Door) -> None:
    """Bring the database to this version's schema."""
    from worker.mirror.engine import upgrade as upgrade_database

    upgrade_database(door.config.database_url)
    door.say("the database is at this version's schema")


def _day(said: str | None) -> date | None:
    if said is None:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise click.UsageError(f"{said!r} is no date; write it as 2026-03-31") from None


def _write(target: Path, content: str) -> None:
    part = target.with_name(f".{target.name}.part")
    part.write_text(content, "utf-8")
    part.replace(target)
