"""One writer per organisation, one finished run per period, one delivery per recipient."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.mirror.make import NOW, ORG
from worker.errors import PromiseBroken, TryLater
from worker.mirror import leases, runs
from worker.mirror.engine import Mirror, open_mirror

SOON, LATER = NOW + timedelta(seconds=119), NOW + timedelta(seconds=121)


def test_one_holder_at_a_time_and_a_higher_epoch_for_the_next(mirror: Mirror) -> None:
    with mirror.write() as conn:
        first = leases.take(conn, ORG, "there:1:1", NOW)
        assert leases.take(conn, ORG, "there:2:2", SOON) is None
        assert leases.take(conn, ORG, "there:1:1", SOON) is None
        second = leases.take(conn, ORG, "there:2:2", LATER)
    assert first is not None
    assert second is not None
    assert (first.epoch, second.epoch) == (1, 2)
    assert first.expires == NOW + timedelta(seconds=120)


def test_a_released_lease_is_free_at_once(mirror: Mirror) -> None:
    with mirror.write() as conn:
        lease = leases.take(conn, ORG, "there:1:1", NOW)
        assert lease is not None
        leases.release(conn, lease)
        again = leases.take(conn, ORG, "there:2:2", NOW)
        assert again is not None
        assert again.epoch == 2
        leases.release(conn, lease)
        assert leases.take(conn, ORG, "there:3:3", NOW) is None


def test_a_lease_is_renewed_by_its_holder_only(mirror: Mirror) -> None:
    with mirror.write() as conn:
        lease = leases.take(conn, ORG, "there:1:1", NOW)
        assert lease is not None
        renewed = leases.renew(conn, lease, SOON)
        assert renewed.expires == SOON + timedelta(seconds=120)
        leases.check(conn, renewed, LATER)
        assert leases.take(conn, ORG, "there:2:2", LATER) is None
        assert leases.take(conn, ORG, "there:2:2", renewed.expires) is not None
        with pytest.raises(TryLater, match="another run took over"):
            leases.renew(conn, renewed, renewed.expires)
        with pytest.raises(TryLater):
            leases.check(conn, renewed, NOW)


def test_a_lease_that_ran_out_fails_the_check(mirror: Mirror) -> None:
    with mirror.write() as conn:
        lease = leases.take(conn, ORG, "there:1:1", NOW)
        assert lease is not None
        with pytest.raises(TryLater):
            leases.check(conn, lease, LATER)
        assert leases.hold(conn, lease)


def test_of_two_processes_one_takes_the_first_lease(mirror_url: str) -> None:
    one, other = open_mirror(mirror_url), open_mirror(mirror_url)
    won = []
    for mirror, holder in ((one, "there:1:1"), (other, "there:2:2")):
        with mirror.write() as conn:
            won.append(leases.take(conn, ORG, holder, NOW) is not None)
    one.close()
    other.close()

    assert won == [True, False]


def test_of_many_that_want_the_lease_at_the_same_time_one_has_it(mirror: Mirror) -> None:
    def want(number: int) -> int | None:
        with mirror.write() as conn:
            lease = leases.take(conn, ORG, f"there:{number}:1", NOW + timedelta(hours=number // 4))
        return None if lease is None else lease.epoch

    with ThreadPoolExecutor(4) as pool:
        won = [list(pool.map(want, range(hour * 4, hour * 4 + 4))) for hour in range(5)]

    assert [sorted(each for each in round if each) for round in won] == [[1], [2], [3], [4], [5]]


def test_a_dead_process_of_this_machine_holds_nothing(mirror: Mirror) -> None:
    code = "from worker.mirror.leases import holder_of_this_process as h; print(h())"
    gone = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    with mirror.write() as conn:
        assert leases.take(conn, ORG, gone, NOW) is not None
        assert leases.take(conn, ORG, leases.holder_of_this_process(), NOW) is not None
        assert leases.take(conn, ORG, gone, NOW) is None


def test_only_a_surely_dead_holder_is_called_dead() -> None:
    mine = leases.holder_of_this_process()
    host, pid, started = mine.rsplit(":", 2)
    cases = {
        mine: False,
        f"{host}:{pid}:1": bool(started),
        f"elsewhere:{pid}:1": False,
        f"{host}:1:": False,
        f"{host}:nobody:1": False,
        f"{host}:{2**40}:1": False,
        "": False,
        "no colons": False,
    }

    assert {holder: leases.holder_is_dead(holder) for holder in cases} == cases


def test_a_process_that_waits_to_be_reaped_is_dead() -> None:
    if not os.path.exists("/proc/self/stat"):
        pytest.skip("this system has no /proc")
    code = (
        "from worker.mirror.leases import holder_of_this_process as h; import sys\n"
        "print(h(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        holder = child.stdout.readline().strip()
        alive = leases.holder_is_dead(holder)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert (alive, leases.holder_is_dead(holder)) == (False, True)


def test_a_finished_period_is_not_begun_again(mirror: Mirror) -> None:
    with mirror.write() as conn:
        assert runs.begin(conn, ORG, "digest", "2026-03", "R1", NOW)
        runs.finish(conn, ORG, "digest", "2026-03", LATER, {"posted": 3})
        assert not runs.begin(conn, ORG, "digest", "2026-03", "R2", LATER)
        assert runs.begin(conn, ORG, "digest", "2026-04", "R2", LATER)


def test_a_run_that_died_is_begun_again(mirror: Mirror) -> None:
    with mirror.write() as conn:
        assert runs.begin(conn, ORG, "pull", "slot", "R1", NOW)
        assert runs.last(conn, ORG, "pull") is None
        assert runs.begin(conn, ORG, "pull", "slot", "R2", LATER)
        runs.finish(conn, ORG, "pull", "slot", LATER, {})
        last = runs.last(conn, ORG, "pull")
    assert last == runs.JobRun("pull", "slot", "R2", LATER, LATER, {})


def test_the_last_run_is_the_one_that_finished_last(mirror: Mirror) -> None:
    with mirror.write() as conn:
        for number in (2, 1, 3):
            runs.begin(conn, ORG, "pull", f"p{number}", f"R{number}", NOW)
        for number in (3, 1):
            at = NOW + timedelta(seconds=number)
            runs.finish(conn, ORG, "pull", f"p{number}", at, {"n": number})
        last = runs.last(conn, ORG, "pull")
    assert last is not None
    assert (last.run_id, last.summary) == ("R3", {"n": 3})


def test_what_never_began_cannot_finish(mirror: Mirror) -> None:
    with pytest.raises(PromiseBroken, match="without having begun"), mirror.write() as conn:
        runs.finish(conn, ORG, "pull", "p1", NOW, {})


def test_a_delivery_is_noted_once_per_period_recipient_and_channel(mirror: Mirror) -> None:
    address = ("2026-03", "ann@example.com", "mail")
    with mirror.write() as conn:
        assert not runs.delivered(conn, ORG, *address)
        assert runs.mark_delivered(conn, ORG, *address, NOW)
        assert not runs.mark_delivered(conn, ORG, *address, NOW)
        assert runs.delivered(conn, ORG, *address)
        for other in (("2026-04", *address[1:]), ("2026-03", "bob", "mail"), (*address[:2], "x")):
            assert not runs.delivered(conn, ORG, *other)
