"""The jobs are tried on the demo company, as the stories are."""

from tests.stories.conftest import (
    demo,
    demo_after_a_run,
    elapsed,
    evening,
    held_to_xeros_file,
    morning,
)

__all__ = ["demo", "demo_after_a_run", "elapsed", "evening", "held_to_xeros_file", "morning"]
