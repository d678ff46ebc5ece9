"""A document as a plain, valid PDF of one page: what it is, for whom, its lines and its total."""

from __future__ import annotations

from worker.sandbox.wire import Record, day_of, stored

_TITLES = {"ACCREC": "Invoice", "ACCPAY": "Bill", "ACCRECCREDIT": "Credit Note"}
_LINES_MAX = 45


def pdf(kind: str, record: Record) -> bytes:
    """The bytes of the PDF; the same record gives the same bytes."""
    return _file([text[:90] for text in _texts(kind, record)])


def _texts(kind: str, record: Record) -> list[str]:
    number = record.get(f"{kind[:-1]}Number") or ""
    day, due = day_of(record.get("Date")), day_of(record.get("DueDate"))
    found = [f"{_TITLES.get(str(record.get('Type')), kind[:-1])} {number}"]
    found += [str((record.get("Contact") or {}).get("Name") or ""), f"Date {day or ''}"]
    if due:
        found.append(f"Due {due}")
    found.append("")
    for line in record.get("LineItems") or ():
        words = str(line.get("Description") or "").replace("\n", " ")
        found.append(f"{stored(line.get('LineAmount')):>16} {words}")
    left = record.get("AmountDue", record.get("RemainingCredit"))
    found = [*found[:_LINES_MAX], "", f"{stored(record.get('TotalTax')):>16} Tax"]
    found.append(f"{stored(record.get('Total')):>16} Total {record.get('CurrencyCode') or ''}")
    if left is not None:
        found.append(f"{stored(left):>16} {'Amount due' if 'AmountDue' in record else 'Credit'}")
    return found


def _file(texts: list[str]) -> bytes:
    shown = b"".join(b"(" + _escaped(text) + b") Tj T*\n" for text in texts)
    stream = b"BT /F1 10 Tf 50 790 Td 14 TL\n" + shown + b"ET\n"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    body, starts = b"%PDF-1.4\n", []
    for place, found in enumerate(objects, start=1):
        starts.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (place, found)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    size = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    )


def _escaped(text: str) -> bytes:
    found = text.encode("cp1252", "replace")
    return found.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
