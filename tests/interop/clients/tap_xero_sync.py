"""Singer's tap-xero with Xero's two hosts turned to the sandbox; its own command line follows.

Run as `python tap_xero_sync.py BASE_URL --config … [--catalog … --state …]`. The tap writes its
addresses into the code, so requests on their way out are turned.
"""

from __future__ import annotations

import sys
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter

base = sys.argv.pop(1)
XERO = ("https://api.xero.com", "https://identity.xero.com")
send = HTTPAdapter.send


def turned(self: HTTPAdapter, request: PreparedRequest, **more: Any) -> Any:
    """The same request to the sandbox."""
    for host in XERO:
        if str(request.url).startswith(host):
            request.url = base + str(request.url).removeprefix(host)
    return send(self, request, **more)


HTTPAdapter.send = turned  # type: ignore[method-assign]

from tap_xero import main  # noqa: E402 - after the turn

main()
