"""A small client of the Model Context Protocol: one server as a process, asked over its pipes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

VERSION = "2025-06-18"


class McpError(Exception):
    """The server answered a request with an error."""


class McpClient:
    """Asks one question at a time; each is a line of JSON-RPC 2.0."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._sent, self._heard = process.stdin, process.stdout
        self._ids = count(1)
        about = {"name": "tieout-interop", "version": "1"}
        self.server = self.ask(
            "initialize", protocolVersion=VERSION, capabilities={}, clientInfo=about
        )
        self._say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def ask(self, method: str, **params: Any) -> Any:
        """The result of one request; raises McpError when it is an error or no answer comes."""
        number = next(self._ids)
        self._say({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for line in self._heard:
            answer = json.loads(line)
            if answer.get("id") == number:
                if "error" in answer:
                    raise McpError(f"{method}: {answer['error']}")
                return answer["result"]
        raise McpError(f"{method}: the server has ended")

    def tools(self) -> set[str]:
        return {tool["name"] for tool in self.ask("tools/list")["tools"]}

    def call(self, tool: str, **arguments: Any) -> list[str]:
        """The texts a tool answers with; raises McpError when the tool says it failed."""
        found = self.ask("tools/call", name=tool, arguments=arguments)
        texts = [part["text"] for part in found["content"] if part["type"] == "text"]
        if found.get("isError") or texts[0].startswith("Error"):
            raise McpError(f"{tool}: {texts[0]}")
        return texts

    def _say(self, message: Mapping[str, Any]) -> None:
        self._sent.write(json.dumps(message) + "\n")
        self._sent.flush()


@contextmanager
def mcp_client(words: Sequence[str], environ: Mapping[str, str]) -> Iterator[McpClient]:
    """A server started with these words, and ended with the block."""
    with subprocess.Popen(
        list(words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environ},
    ) as process:
        try:
            yield McpClient(process)
        finally:
            process.terminate()
