"""The scoreboard in Prometheus's text format.

Source: Prometheus documentation, "Exposition formats", version 0.0.4.
"""

from collections.abc import Iterable, Iterator

from securecart.serve.gateway.meter import (
    BUCKETS,
    BUCKETS_AT,
    CLASSES,
    SUM_AT,
    TABLES,
)
from securecart.serve.gateway.scoreboard import Scoreboard, Word

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SUMS = (
    (Word.ACCEPTED, "connections_accepted_total", "Connections that clients made."),
    (Word.BYTES_IN, "received_bytes_total", "Bytes from clients, heads and all."),
    (Word.BYTES_OUT, "sent_bytes_total", "Bytes to clients, heads and all."),
    (
        Word.SLOWED_SESSION,
        "session_slowdowns_total",
        "Requests refused as their session had too many under way.",
    ),
    (
        Word.SLOWED_STORE,
        "store_slowdowns_total",
        "Requests refused as every connection to the store was taken.",
    ),
    (
        Word.STORE_DOWN,
        "store_outage_refusals_total",
        "Requests refused as the store did not answer.",
    ),
    (
        Word.KEPT_HITS,
        "store_kept_hits_total",
        "Questions to the store that were answered by what was kept.",
    ),
    (
        Word.KEPT_MISSES,
        "store_kept_misses_total",
        "Those that could have been, and went to the store.",
    ),
    (
        Word.DIRECT_READS,
        "store_direct_reads_total",
        "Documents read round the store's S3 endpoint.",
    ),
    (
        Word.DIRECT_WRITES,
        "store_direct_writes_total",
        "Documents written round the store's S3 endpoint.",
    ),
    (Word.SYNCS, "store_syncs_total", "Group commits of the store's file system."),
    (Word.SYNC_FAILURES, "store_sync_failures_total", "Those that failed."),
    (
        Word.SYNCED_WRITES,
        "store_synced_writes_total",
        "Writes acknowledged after one of them.",
    ),
)
_OF_EACH_WORKER = (
    (Word.CONNECTIONS, "connections", "Connections of clients."),
    (Word.UNDER_WAY, "requests_under_way", "Requests that are being served."),
    (Word.STORE_UP, "store_up", "Whether the store answered when last asked."),
    (Word.STORE_BUSY, "store_connections_busy", "Connections to the store in use."),
    (Word.STORE_IDLE, "store_connections_idle", "Connections to the store at rest."),
    (
        Word.STORE_WAITING,
        "store_connections_waiting",
        "Requests that wait for a connection to the store.",
    ),
    (Word.STARTED_AT, "worker_start_time_seconds", "When a worker began to serve."),
)


def exposition(scoreboard: Scoreboard) -> bytes:
    """Answer all metrics; counters are the sums of all workers'."""
    lines: list[str] = []
    for metric in _metrics(scoreboard):
        lines += metric
    return ("\n".join(lines) + "\n").encode()


def _metrics(scoreboard: Scoreboard) -> Iterator[Iterable[str]]:
    rows = scoreboard.rows
    totals = [sum(words) for words in zip(*rows, strict=True)]
    yield _requests(totals)
    yield _latencies(totals)
    yield _family(
        "decisions_total",
        "counter",
        "Decisions on one action and resource each; a request may take several.",
        [
            ('effect="allow"', totals[Word.ALLOWED]),
            ('effect="deny"', totals[Word.DENIED]),
        ],
    )
    for word, name, words in _SUMS:
        yield _family(name, "counter", words, [("", totals[word])])
    yield _family(
        "store_sync_seconds_total",
        "counter",
        "Time that group commits took.",
        [("", totals[Word.SYNC_MICROSECONDS] / 1e6)],
    )
    for word, name, words in _OF_EACH_WORKER:
        samples = [
            (f'worker="{worker}"', row[word])
            for worker, row in enumerate(rows)
            if row[Word.STARTED_AT]
        ]
        yield _family(name, "gauge", words, samples)


def _requests(totals: list[int]) -> Iterable[str]:
    samples = [
        (f'{_labels(row)},code="{each}"', count)
        for row, table in TABLES.items()
        for index, each in enumerate(CLASSES)
        if (count := totals[table + index])
    ]
    return _family(
        "requests_total", "counter", "Requests answered, by class of status.", samples
    )


def _latencies(totals: list[int]) -> Iterable[str]:
    name = "request_duration_seconds"
    yield from _head(
        name, "histogram", "From a request's head to the head of its answer."
    )
    for row, table in TABLES.items():
        counts = totals[table + BUCKETS_AT : table + SUM_AT]
        if not any(counts):
            continue
        labels, below = _labels(row), 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
            below += count
            yield f'securecart_{name}_bucket{{{labels},le="{bound}"}} {below}'
        yield f"securecart_{name}_sum{{{labels}}} {totals[table + SUM_AT] / 1e6}"
        yield f"securecart_{name}_count{{{labels}}} {below}"


def _labels(row: tuple[str, str]) -> str:
    return f'service="{row[0]}",operation="{row[1]}"'


def _family(
    name: str, kind: str, words: str, samples: Iterable[tuple[str, float]]
) -> Iterable[str]:
    yield from _head(name, kind, words)
    for labels, value in samples:
        yield (
            f"securecart_{name}{{{labels}}} {value}"
            if labels
            else (f"securecart_{name} {value}")
        )


def _head(name: str, kind: str, words: str) -> Iterable[str]:
    yield f"# HELP securecart_{name} {words}"
    yield f"# TYPE securecart_{name} {kind}"
