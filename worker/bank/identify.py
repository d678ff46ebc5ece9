"""Which format a file is written in, and its text, judged by the bytes and never by the name."""

from __future__ import annotations

import codecs
import re

_HEAD_BYTES = 8192

# What a file begins with when it is no statement text at all.
_BINARY = (
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP or spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "spreadsheet"),
    (b"\x1f\x8b", "gzip"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_CAMT = re.compile(r"camt\.(05[234])|<(?:\w+:)?BkToCstmr(Stmt|AcctRpt|DbtCdtNtfctn)\b")
_CAMT_KIND = {"Stmt": "053", "AcctRpt": "052", "DbtCdtNtfctn": "054"}
_MT = re.compile(r"\{1:|:[0-9]{2}[A-Z]?:|(?s:.*?\n):20:.*\n:2[158]")


def sniff(data: bytes) -> str:
    """The format: csv, ofx, camt053, camt052, camt054, mt940, mt942, qif, or what else it is.

    Anything that looks like none of the others is taken for csv, whose reader is strict.
    """
    for magic, name in _BINARY:
        if data.startswith(magic):
            return name
    head = _head(data)
    start = head[:200].upper()
    if start.startswith("OFXHEADER") or (start.startswith("<") and re.search(r"<\??OFX\b", head)):
        return "ofx"
    if start.startswith("<"):
        return _xml_kind(head)
    if start.startswith(("!TYPE:", "!ACCOUNT", "!OPTION", "!CLEAR")):
        return "qif"
    if _MT.match(head):
        return "mt942" if re.search(r"^:34F:", head, re.MULTILINE) else "mt940"
    return "JSON" if start.startswith(("{", "[")) else "csv"


def _xml_kind(head: str) -> str:
    if found := _CAMT.search(head):
        return "camt" + (found[1] or _CAMT_KIND[found[2]])
    return "web page" if re.search(r"<(!doctype\s+)?html", head, re.IGNORECASE) else "XML"


def _head(data: bytes) -> str:
    encoding = bom_encoding(data)
    if encoding is None and data[1:2] == b"\x00":
        encoding = "utf-16-le"  # written without its mark
    head = data[:_HEAD_BYTES].decode(encoding or "latin-1", "ignore")
    return head.replace("\r", "\n").lstrip("\ufeff\x00 \t\n")


def bom_encoding(data: bytes) -> str | None:
    """The encoding that a byte order mark at the file's beginning states, None without one."""
    return next((name for mark, name in _BOMS if data.startswith(mark)), None)


def decoded(data: bytes, declared: str | None = None) -> str | None:
    """The text of a file whose encoding is not certain; None when no encoding fits.

    A mark decides; then valid UTF-8, which other encodings produce only by design; then what
    the file itself declares; then Windows-1252, which most banks mean.
    """
    for encoding in (bom_encoding(data) or "utf-8", declared, "cp1252"):
        try:
            if encoding:
                return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return None
