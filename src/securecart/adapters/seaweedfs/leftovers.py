"""Processes of an earlier run that outlived it.

`leash.py` makes them rare; this makes them harmless. A process is ours only
if it was told to read its configuration from *this* store's directory, and it
is signalled through a file descriptor that was opened before looking, so the
number cannot have passed on to somebody else in between.
"""

import logging
import os
import signal
from contextlib import suppress
from pathlib import Path
from select import select

_log = logging.getLogger(__name__)

_DEATH_SECONDS = 5.0
"""SIGKILL cannot be refused; only a disk that hangs makes it last."""


def end_leftovers(config_argument: str) -> int:
    """Kill every process that has this argument; answer how many those were.

    `config_argument` is the whole `-config_dir=…` argument of the store.
    """
    ended = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            ended += _end_if_ours(int(entry.name), config_argument)
    return ended


def _end_if_ours(pid: int, config_argument: str) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        owner = Path(f"/proc/{pid}").stat().st_uid
        if os.fsencode(config_argument) not in arguments or owner != os.geteuid():
            return False
        _log.warning("ending process %d, left over from an earlier run", pid)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        select([descriptor], [], [], _DEATH_SECONDS)
    except OSError:
        return False  # It ended by itself while we looked.
    else:
        return True
    finally:
        os.close(descriptor)
