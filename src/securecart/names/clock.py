"""Time and randomness, as the pure rooms see them: arguments."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Answers the present moment, always aware and in UTC."""

Random = Callable[[int], bytes]
"""Answers that many unpredictable bytes; `os.urandom` outside of tests."""
