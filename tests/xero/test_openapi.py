"""Xero's own OpenAPI file: its examples are read without loss, and our requests fit its schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from tests.openapi import SPEC, spec
from tests.xero.desk import CREDIT_1, SAVINGS, Desk, a_fee, an_intent, organisation
from worker.books.intents import Intent
from worker.books.ports import Noun
from worker.xero.pages import ENDPOINTS

pytestmark = pytest.mark.skipif(not SPEC.exists(), reason=f"{SPEC.name} is not beside the project")


def example(path: str) -> dict[str, Any]:
    """The example answer of a GET."""
    responses = spec()["paths"][path]["get"]["responses"]
    found: dict[str, Any] = (responses.get("200") or responses[200])["content"]["application/json"][
        "example"
    ]
    return found


def shown(body: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, content=json.dumps(body, default=str))


@pytest.mark.parametrize("noun", sorted(ENDPOINTS))
def test_every_row_of_xeros_example_is_understood_and_kept(noun: Noun) -> None:
    endpoint = ENDPOINTS[noun]
    body = example(f"/{endpoint.path}")
    stated = body.get("pagination")
    if stated:
        # One example counts an element that is not shown.
        stated["itemCount"] = len(body[endpoint.key])
    chart = shown(example("/Accounts"))
    desk = Desk(organisation(), shown(body), *([chart] if noun == "bank_transfers" else []))
    desk.ledger.organisation()

    (page,) = desk.ledger.pages(noun)

    assert len(page.rows) == len(body[endpoint.key])
    assert [json.loads(row.raw) for row in page.rows] == json.loads(
        json.dumps(body[endpoint.key], default=str)
    )
    if endpoint.read is not None:
        assert [row.id for row in page.rows if row.record is None] == []


@pytest.mark.parametrize("name", ["BankSummary", "BalanceSheet", "TrialBalance"])
def test_every_figure_of_xeros_example_report_is_read(name: str) -> None:
    body = example(f"/Reports/{name}")

    found = Desk(shown(body)).ledger.report(name, {})

    written = [
        Decimal(cell["Value"])
        for row in _rows(body["Reports"][0])
        if row["RowType"] != "Header"
        for cell in row["Cells"][1:]
        if cell["Value"]
    ]
    assert [amount for row in found.rows for amount in row.amounts if amount is not None] == written
    assert found.as_of is not None
    assert len(found.columns) == len(found.rows[0].amounts)


def _rows(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in record.get("Rows", []):
        if "Cells" in row:
            yield row
        yield from _rows(row)


@pytest.mark.parametrize(
    ("intent", "path", "schema"),
    [
        (an_intent(), "/Payments", "Payment"),
        (an_intent(credit_kind="credit_note"), "/Payments", "Payment"),
        (an_intent(kind="batch_payment"), "/BatchPayments", "BatchPayment"),
        (a_fee(), "/BankTransactions", "BankTransaction"),
        (an_intent(kind="transfer", to_account_id=SAVINGS), "/BankTransfers", "BankTransfer"),
        *(
            (
                an_intent(kind="allocation", credit_id=CREDIT_1, credit_kind=kind),
                f"/{place}s/{{{place}ID}}/Allocations",
                "Allocation",
            )
            for kind, place in [
                ("credit_note", "CreditNote"),
                ("overpayment", "Overpayment"),
                ("prepayment", "Prepayment"),
            ]
        ),
    ],
)
def test_our_requests_say_only_what_the_schema_knows(
    intent: Intent, path: str, schema: str
) -> None:
    request = Desk().ledger.request_for([intent])
    target, _, query = request.path.partition("?")

    operation = spec()["paths"][path]["put"]
    assert target == path.strip("/").replace(f"{{{path.split('{')[-1].split('}')[0]}}}", CREDIT_1)
    assert set(parse_qs(query)) <= {_parameter(each) for each in operation["parameters"]}
    ((_, rows),) = json.loads(request.body).items()
    for row in rows:
        assert list(_unknown(row, schema)) == []


def _parameter(said: dict[str, Any]) -> str:
    if "$ref" in said:
        said = spec()["components"]["parameters"][said["$ref"].rsplit("/", 1)[-1]]
    return str(said["name"])


def _unknown(value: Any, schema: str) -> Iterator[str]:
    """Fields of a body that the schema has no property for."""
    known = spec()["components"]["schemas"][schema].get("properties", {})
    for name, inner in value.items():
        if name not in known:
            yield f"{schema}.{name}"
            continue
        said = known[name]
        said = said.get("items", said) if said.get("type") == "array" else said
        if "$ref" in said:
            for each in inner if isinstance(inner, list) else [inner]:
                if isinstance(each, dict):
                    yield from _unknown(each, said["$ref"].rsplit("/", 1)[-1])
