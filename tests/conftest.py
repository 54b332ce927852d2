"""What holds for every test of the project."""

import gc
import os
import signal

from hypothesis import Phase, settings

# The suite has a time budget, and a shared machine must not fail a property
# because it was slow. It tries the same examples each time, so that a change is
# blamed for what it did; `HYPOTHESIS_PROFILE=explore` tries others.
settings.register_profile("suite", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("explore", max_examples=100, deadline=None)
# Without a guard any failure will do, be it small or large.
settings.register_profile(
    "guards",
    settings.get_profile("suite"),
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

# A shell without job control starts what is to run in the background deaf to Ctrl-C,
# and all that it starts in turn: nothing that is interrupted could be tested.
signal.signal(signal.SIGINT, signal.default_int_handler)

# All that is collected stays until the end: the collector looks through it in
# vain, some hundred milliseconds at a time, in the midst of whichever test.
gc.disable()


def pytest_collection_finish() -> None:
    """Let the collector have what the tests make, and no more."""
    gc.freeze()
    gc.enable()
