"""Run the fuzz targets for a bounded time: `python fuzz/run.py [names] --seconds N`.

A target is a module beside this one with `one(data: bytes) -> None`, which
lets nothing escape but what it documents, and `SEEDS`, a list of good inputs.
The seeds are mutated at random, the same way for the same `--seed`. An input
that raises, or takes too long, is saved and fails the run.
"""

import argparse
import hashlib
import importlib.util
import signal
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
FAILURES = HERE.parent / "test-results" / "fuzz"
MAX_LENGTH = 65536
"""Bytes of an input: where bounds are checked, larger ones add nothing."""
MAX_MUTATIONS = 8
"""Changes to a seed at once; more of them leave little of its form."""
MAX_SECONDS_EACH = 5
"""Far above what any bounded parser takes, even on a busy machine."""

# What parsers trip over: ends, escapes, nesting, numbers, other alphabets.
_TOKENS = (
    *(b"\x00", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"%", b"%00", b"%ff", b"+", b"&"),
    *(b"=", b":", b"/", b"//", b"/../", b"..", b"?", b"*", b"#", b"$", b"${", b"}"),
    *(b'"', b"\\", b"\\u0000", b"\\ud800", b"{", b"[" * 200, b"(", b"<", b">", b"]]>"),
    *(b"<!--", b"<!DOCTYPE a [", b"&a;", b"null", b"true", b"-1", b"0", b"1e999"),
    *(b"9" * 30, b"\xc3\xa9", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xd9\xa3"),
)


@dataclass(frozen=True)
class Target:
    """A fuzz module: its name, its function, its seeds."""

    name: str
    one: Callable[[bytes], None]
    seeds: Sequence[bytes]


class Failed(Exception):
    """A target let an error escape, or took too long."""

    def __init__(self, target: Target, data: bytes, cause: BaseException) -> None:
        super().__init__(f"{target.name}: {cause!r} for {data[:200]!r}")
        self.target = target
        self.data = data


def targets(names: Sequence[str] = ()) -> Iterator[Target]:
    """Load the named targets, or all there are."""
    for path in sorted(HERE.glob("*.py")):
        if path != Path(__file__) and (not names or path.stem in names):
            spec = importlib.util.spec_from_file_location(f"fuzz_{path.stem}", path)
            if spec is None or spec.loader is None:
                raise ImportError(path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            yield Target(path.stem, module.one, module.SEEDS)


def run(target: Target, *, seconds: float, seed: int = 0) -> int:
    """Try the seeds and mutations of them; answer how many inputs that were.

    Raises:
        Failed: with the first input that the target does not stand.
    """
    random = Random(zlib.crc32(target.name.encode()) + seed)  # noqa: S311 - no secret
    end = time.monotonic() + seconds
    tried = 0
    for data in target.seeds:
        _try(target, data)
        tried += 1
    while time.monotonic() < end:
        _try(target, mutated(target.seeds, random))
        tried += 1
    return tried


def mutated(seeds: Sequence[bytes], random: Random) -> bytes:
    """Change one of the seeds a little."""
    data = random.choice(seeds)
    for _ in range(random.randint(1, MAX_MUTATIONS)):
        start = random.randint(0, len(data))
        end = min(len(data), start + int(random.expovariate(1 / 8)))
        data = data[:start] + _instead(data[start:end], seeds, random) + data[end:]
    return data[:MAX_LENGTH]


def _instead(piece: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(seeds)
    begin = random.randint(0, len(other))
    return random.choice(
        (
            b"",
            piece * 2,
            piece * 100,
            piece[::-1],
            piece + random.choice(_TOKENS),
            random.choice(_TOKENS),
            random.randbytes(random.randint(1, 4)),
            bytes(byte ^ (1 << random.randint(0, 7)) for byte in piece),
            other[begin : begin + random.randint(1, 64)],
        )
    )


def _try(target: Target, data: bytes) -> None:
    try:
        with _time_limit():
            target.one(data)
    except Exception as error:
        raise Failed(target, data, error) from error


@contextmanager
def _time_limit() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS_EACH)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"more than {MAX_SECONDS_EACH} s")


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="targets; all if none is named")
    parser.add_argument("--seconds", type=float, default=10, help="for each target")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations")
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_slow)
    failures = 0
    for target in targets(arguments.names):
        try:
            tried = run(target, seconds=arguments.seconds, seed=arguments.seed)
        except Failed as failed:
            FAILURES.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256(failed.data).hexdigest()[:12]
            path = FAILURES / f"{target.name}-{digest}"
            path.write_bytes(failed.data)
            sys.stderr.write(f"{failed}\nsaved as {path}\n")
            failures += 1
        else:
            sys.stdout.write(f"{target.name}: {tried} inputs\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
