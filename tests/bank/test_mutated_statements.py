"""Damaged files, made from a seed: each is read with a sum that holds, or refused by name."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.bank.builders import PLAIN, ofx, paid, read
from worker.bank.balances import movement
from worker.errors import BadInput

CSV = "Date,Text,Amount,Balance\n" + "".join(
    f'2026-03-{day:02d},"PAYER {day}, LTD",{day}.00,{day * (day + 1) // 2}.00\n'
    for day in range(1, 25)
)
OFX = ofx(
    *(paid(day, f"{day}.10", "MARLOW &amp; FINCH", f"F{day}") for day in range(1, 25)),
    ledger="<LEDGERBAL><BALAMT>3713.50<DTASOF>20260331</LEDGERBAL>\n",
)
SNIPPETS = (
    b"<![CDATA[", b"<!--", b"-->", b"]]>", b"<STMTTRN>", b"</STMTTRN>", b"<OFX>", b"</OFX>",
    b'"', b"\n\n", b"\r", b"\x00", b"NaN", b"1e9", b"\xef\xbb\xbf", b"\xff\xfe", b"&#xD800;",
    b'<!ENTITY a "b">', b"=cmd()", b",", b";", b"-", b"(", b"\xe9",
)  # fmt: skip


def damaged(content: str, chance: random.Random) -> bytes:
    """The file after one to four accidents: a byte changed, a stretch lost, doubled or moved."""
    data = bytearray(content.encode())
    for _ in range(chance.choice((1, 1, 2, 4))):
        at, size = chance.randrange(len(data) + 1), chance.choice((1, 3, 40, 300))
        match chance.randrange(6):
            case 0 if data:
                data[at % len(data)] = chance.randrange(256)
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size]
            case 3:
                data[at:at] = chance.choice(SNIPPETS)
            case 4:
                del data[at:]
            case _:
                part = data[at : at + size]
                del data[at : at + size]
                to = chance.randrange(len(data) + 1)
                data[to:to] = part
    return bytes(data)


def judged(folder: Path, seeds: range, name: str, content: str, profile: Any) -> tuple[int, int]:
    """How many damaged files were read and refused; fails on anything that is neither."""
    read_well = refused = 0
    for seed in seeds:
        try:
            found = read(folder, damaged(content, random.Random(seed)), name=name, profile=profile)
        except BadInput as refusal:
            refused += str(refusal).startswith(name)
        else:
            if found.opening is not None:
                assert found.opening + movement(found.lines) == found.closing, f"seed {seed}"
            assert len({line.place for line in found.lines}) == len(found.lines), f"seed {seed}"
            read_well += 1
    assert read_well + refused == len(seeds), "a refusal does not begin with the file's name"
    return read_well, refused


FORMATS = pytest.mark.parametrize(
    ("name", "content", "profile"), [("march.csv", CSV, PLAIN), ("main.ofx", OFX, None)]
)


@FORMATS
def test_a_damaged_file_is_read_whole_or_refused_by_name(
    tmp_path: Path, name: str, content: str, profile: Any
) -> None:
    read_well, refused = judged(tmp_path, range(200), name, content, profile)

    assert read_well > 0
    assert refused > 100


@pytest.mark.slow
@FORMATS
def test_two_thousand_damaged_files_are_read_whole_or_refused_by_name(
    tmp_path: Path, name: str, content: str, profile: Any
) -> None:
    judged(tmp_path, range(1000, 3000), name, content, profile)


def test_a_csv_file_cut_off_anywhere_never_passes_with_a_wrong_line(tmp_path: Path) -> None:
    whole = read(tmp_path, CSV).lines
    refused = 0
    for cut in range(1, len(CSV), 3):
        try:
            found = read(tmp_path, CSV[:cut]).lines
        except BadInput:
            refused += 1
        else:
            assert found == whole[: len(found)], f"cut at {cut}"
    assert refused > 200
