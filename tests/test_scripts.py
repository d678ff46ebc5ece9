"""`./tieout` and `./test` set themselves up: once, whole, and with nothing on stdout.

Python, pip and uv are stand-ins that note what they are asked, so no package index is needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = (
    "tieout", "test", "setup.sh", "pyproject.toml", "constraints.txt", "constraints-dev.txt",
)  # fmt: skip
TOOLS = (
    "sh", "cat", "cksum", "dirname", "basename", "readlink", "mkdir", "rm", "mv", "cp", "id",
    "sleep", "chmod", "ln",
)  # fmt: skip

# The environment's Python: answers like one, notes what it is asked, and prints the worker's words.
INNER = """#!/bin/sh
case "$1 ${2:-} ${3:-}" in
"-V "*) echo "Python 3.11.9" ;;
"-c "*) ;;
"-m pip --version") ;;
"-m pip install") echo "pip $*" >>"$NOTES"; [ ! -e "$NOTES.broken" ] ;;
*) printf 'ran'; printf ' [%s]' "$@"; echo ;;
esac
"""
# The machine's Python: new enough, can make environments, and makes INNER its environment's.
OUTER = """#!/bin/sh
case "$1" in
-c) case "$2" in *ensurepip*) [ ! -e "$NOTES.bare" ] || exit 1 ;; esac; echo "$0" ;;
-V) echo "Python 3.11.9" ;;
-m) echo "venv" >>"$NOTES"; mkdir -p "$3/bin"
    cp "$INNER" "$3/bin/python"; chmod +x "$3/bin/python" ;;
esac
"""
OLD = "#!/bin/sh\nexit 1\n"
UV = """#!/bin/sh
echo "uv $1" >>"$NOTES"
[ ! -e "$NOTES.uvbroken" ] || exit 2
case "$1" in
venv) for last; do :; done; mkdir -p "$last/bin"; cp "$INNER" "$last/bin/python"
    chmod +x "$last/bin/python" ;;
esac
"""


class Machine:
    """A folder with the scripts, and a PATH that holds only what a test puts there."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "a folder"
        self.folder.mkdir()
        self.bin = tmp_path / "bin"
        self.bin.mkdir()
        self.elsewhere = tmp_path / "elsewhere"
        self.elsewhere.mkdir()
        self.notes = tmp_path / "notes"
        self.inner = tmp_path / "inner"
        self.inner.write_text(INNER)
        for name in FILES:
            shutil.copy(ROOT / name, self.folder / name)
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, f"this machine lacks {tool}"
            (self.bin / tool).symlink_to(found)

    def has(self, name: str, text: str) -> None:
        program = self.bin / name
        program.write_text(text)
        program.chmod(0o755)

    def start(self, *words: str, program: Path | None = None) -> subprocess.Popen[str]:
        environ = {
            "PATH": str(self.bin),
            "HOME": str(self.elsewhere),
            "NOTES": str(self.notes),
            "INNER": str(self.inner),
            "TIEOUT_TEST_POSTGRES": "given",
        }
        return subprocess.Popen(
            [program or self.folder / "tieout", *words],
            cwd=self.elsewhere,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, program: Path | None = None) -> tuple[int, str, str]:
        started = self.start(*words, program=program)
        out, err = started.communicate(timeout=60)
        return started.returncode, out, err

    def noted(self) -> list[str]:
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [line.replace(str(self.folder), "HERE") for line in lines]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.has("python3", OUTER)
    return made


PIP = "pip -m pip install -q --no-input --require-hashes -r HERE/"


def test_the_first_run_sets_up_and_the_second_only_runs(machine: Machine) -> None:
    code, out, err = machine.run("--run-now", "two words")

    assert (code, out) == (0, "ran [-P] [-m] [worker] [--run-now] [two words]\n")
    assert machine.noted() == ["venv", f"{PIP}constraints.txt"]
    assert all(line.startswith("tieout: ") for line in err.splitlines())

    assert machine.run("status") == (0, "ran [-P] [-m] [worker] [status]\n", "")
    assert machine.noted() == ["venv", f"{PIP}constraints.txt"]


def test_it_works_through_a_symbolic_link_of_a_link(machine: Machine) -> None:
    (machine.elsewhere / "near").symlink_to(machine.folder / "tieout")
    (machine.bin / "far").symlink_to("../elsewhere/near")

    code, out, _ = machine.run("x", program=machine.bin / "far")

    assert (code, out) == (0, "ran [-P] [-m] [worker] [x]\n")
    assert (machine.folder / ".venv").is_dir()


def test_the_tests_add_to_what_the_worker_has(machine: Machine) -> None:
    machine.run()

    code, out, _ = machine.run("--slow", "-k", "a b", program=machine.folder / "test")

    assert code == 0
    assert out == "ran [-m] [pytest] [-n] [2] [-m] [slow or not slow] [-k] [a b]\n"
    assert machine.noted() == ["venv", f"{PIP}constraints.txt", f"{PIP}constraints-dev.txt"]
    assert machine.run("x")[2] == ""


def test_the_quick_tests_are_the_default(machine: Machine) -> None:
    _, out, _ = machine.run("tests/x.py", program=machine.folder / "test")

    assert out == "ran [-m] [pytest] [-n] [2] [-m] [not slow] [tests/x.py]\n"
    assert machine.noted() == ["venv", f"{PIP}constraints-dev.txt"]


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt", "setup.sh"])
def test_a_change_of_what_it_was_made_from_makes_it_anew(machine: Machine, changed: str) -> None:
    machine.run()
    with (machine.folder / changed).open("a") as file:
        file.write("# changed\n")

    machine.run()

    assert machine.noted().count("venv") == 2


def test_another_minor_version_of_python_makes_it_anew(machine: Machine) -> None:
    machine.run()
    python = machine.folder / ".venv" / "bin" / "python"
    python.write_text(INNER.replace("3.11.9", "3.12.0"))

    machine.run()

    assert machine.noted().count("venv") == 2


def test_a_half_made_environment_is_made_anew(machine: Machine) -> None:
    (machine.folder / ".venv" / "bin").mkdir(parents=True)
    left_over = machine.folder / ".venv" / "left-over"
    left_over.write_text("")

    code, _, _ = machine.run()

    assert code == 0
    assert not left_over.exists()


def test_a_failed_set_up_says_so_and_is_tried_again(machine: Machine) -> None:
    broken = Path(f"{machine.notes}.broken")
    broken.touch()

    code, out, err = machine.run()

    assert (code, out) == (69, "")
    assert err.splitlines()[-1].startswith("tieout: installing packages failed")
    assert not (machine.folder / ".tieout-setup").exists()
    broken.unlink()
    assert machine.run()[0] == 0


def test_two_at_once_set_up_once(machine: Machine) -> None:
    both = [machine.start("one"), machine.start("two")]
    ended = [(started.communicate(timeout=60)[0], started.returncode) for started in both]

    assert ended == [(f"ran [-P] [-m] [worker] [{word}]\n", 0) for word in ("one", "two")]
    assert machine.noted() == ["venv", f"{PIP}constraints.txt"]


def test_a_lock_whose_owner_is_gone_is_taken_over(machine: Machine) -> None:
    lock = machine.folder / ".tieout-setup"
    lock.mkdir()
    gone = subprocess.Popen(["/bin/sh", "-c", "exit"])
    gone.wait()
    (lock / "pid").write_text(f"{gone.pid}\n")

    assert machine.run()[0] == 0
    assert not lock.exists()


def test_uv_is_used_where_there_is_one(machine: Machine) -> None:
    machine.has("uv", UV)

    code, out, _ = machine.run("x")

    assert (code, out) == (0, "ran [-P] [-m] [worker] [x]\n")
    assert machine.noted() == ["uv venv", "uv pip"]


def test_a_uv_that_fails_leaves_it_to_pip(machine: Machine) -> None:
    machine.has("uv", UV)
    Path(f"{machine.notes}.uvbroken").touch()

    code, _, err = machine.run("x")

    assert code == 0
    assert "tieout: uv could not; trying python -m venv\n" in err
    assert machine.noted() == ["uv venv", "venv", "uv pip", f"{PIP}constraints.txt"]


def test_an_old_python_is_passed_over_for_a_newer_one(machine: Machine) -> None:
    machine.has("python3", OLD)
    machine.has("python3.13", OUTER)

    assert machine.run()[0] == 0


def test_no_python_gets_one_sentence_with_the_mend(machine: Machine) -> None:
    machine.has("python3", OLD)

    code, out, err = machine.run()

    assert (code, out) == (69, "")
    assert "needs Python 3.11 or newer, and found none: install it" in err.splitlines()[-1]


def test_a_python_without_venv_gets_one_sentence_with_the_mend(machine: Machine) -> None:
    Path(f"{machine.notes}.bare").touch()

    code, out, err = machine.run()

    assert (code, out) == (69, "")
    assert "run sudo apt install python3-venv (or install uv)" in err.splitlines()[-1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_gets_one_sentence(machine: Machine) -> None:
    machine.folder.chmod(0o555)

    code, _, err = machine.run()
    machine.folder.chmod(0o755)

    assert code == 74
    assert "cannot write to" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-dev.txt"])
def test_the_pins_name_no_address_and_carry_hashes(name: str) -> None:
    text = (ROOT / name).read_text()

    assert "://" not in text
    assert not any(line.startswith("-") for line in text.splitlines())
    pins = [line for line in text.splitlines() if "==" in line]
    assert len(pins) > 20
    assert all(line.endswith("\\") for line in pins)
    assert text.count("--hash=sha256:") >= len(pins)
