"""What every test runs under: Hypothesis repeats its draws, so that a red test is red on every machine.

``pytest --hypothesis-profile=explore`` looks for new counter-examples instead.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeat", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("repeat")
