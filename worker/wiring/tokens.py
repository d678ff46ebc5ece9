"""Where a rotating refresh token is kept between runs: one private file per organisation."""

from __future__ import annotations

import os
from pathlib import Path

from worker.delivery import folder
from worker.errors import SetupWrong


class TokenFile:
    """Implements worker.books.ports.TokenStore in `state/tokens/NAME`, readable by its owner only.

    The first refresh token comes from a person's consent and is put there by hand.
    """

    def __init__(self, state_dir: Path, name: str) -> None:
        self._folder = state_dir / "tokens"
        self._name = name

    def load(self) -> str | None:
        """The current token. Raises SetupWrong, naming the file, where there is none yet."""
        path = self._folder / self._name
        try:
            token = path.read_text("utf-8").strip()
        except FileNotFoundError:
            token = ""
        except (OSError, UnicodeDecodeError) as fault:
            raise SetupWrong(f"the refresh token in {path} cannot be read: {fault}") from None
        if not token:
            raise SetupWrong(f"no refresh token yet: put the one your consent gave into {path}")
        return token

    def save(self, refresh_token: str) -> None:
        """Keep the new token, whole, in place of the used one."""
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        folder.write(self._folder, self._name, refresh_token + "\n")
