from __future__ import annotations

from pathlib import Path

import pytest

from worker.config import load
from worker.errors import SetupWrong
from worker.wiring.worker import check_parts

CONFIG = """
organisations:
  - name: acme
    xero: {{client_id: me, client_secret: {{env: SECRET}}}}
    accounts: [{{code: "090", csv: {profile}}}]
"""


def checked(folder: Path, profile: str, rules: str = "") -> None:
    (folder / "config.yaml").write_text(CONFIG.format(profile=profile), "utf-8")
    (folder / "rules").mkdir()
    (folder / "rules" / "fees.yaml").write_text(rules, "utf-8")
    check_parts(load(folder / "config.yaml", {}))


def test_a_shipped_profile_and_no_rules_are_sound(tmp_path: Path) -> None:
    checked(tmp_path, "gb-lloyds")


def test_what_only_the_parts_know_is_told_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(SetupWrong) as told:
        checked(tmp_path, "gb-loyds", "rules:\n  - name: Fee\n    wehn: x\n")

    assert "acme, account 090" in str(told.value)
    assert "did you mean gb-lloyds?" in str(told.value)
    assert "rules/fees.yaml:" in str(told.value)
