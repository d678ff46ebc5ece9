"""Xero's Python SDK and pyxero do their daily work against the sandbox."""

from __future__ import annotations

import pytest

from tests.interop.conftest import Served
from tests.interop.homes import calls_of

pytestmark = pytest.mark.slow


def test_xeros_own_sdk_reads_writes_and_takes_every_answer_apart(sandbox: Served) -> None:
    said = calls_of("xero_python", "sdk_calls.py", sandbox.base)

    assert said["every page of invoices"] == said["all invoices"] > 100
    assert said["token refreshed"] is said["the same under its key"] is True
    assert (said["due after it"], said["due after that"]) == ("70.00", "100.00")
    assert said["a good and a bad one"] == ["OK", "ERROR"]
    assert said["payment deleted"] == said["batch deleted"] == said["transfer deleted"] == "DELETED"
    assert said["allocation deleted"] is said["overpayment's allocation deleted"] is True
    assert said["a payment beyond what is due"] == "AccountingBadRequestException"
    assert said["no such invoice"] == "NotFoundException"
    assert said["as pdf"] == "%PDF-"
    reports = {name: rows for name, rows in said.items() if name.startswith("report ")}
    assert [name for name, rows in reports.items() if not rows] == []
    assert len(reports) == 8


def test_pyxero_writes_xml_and_reads_the_answers(sandbox: Served) -> None:
    said = calls_of("pyxero", "pyxero_calls.py", sandbox.base)

    assert said["its name is kept"] == "Pyxero & Söhne Ltd"
    assert said["contact read, changed and saved"] == "Pia"
    assert said["an invoice read, changed and saved whole"] == "whole"
    assert (said["invoice after it"], said["invoice after that"]) == ("70.0", "100.0")
    assert said["a good and a bad one"] == "OK,ERROR"
    assert said["payment deleted"] == "DELETED"
    assert said["its allocations"] == 1
    assert said["attachment read"] == "seen"
    assert "Nonsense" in said["a filter that is no filter"]
