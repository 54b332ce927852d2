"""What is counted comes out as Prometheus reads it."""

from prometheus_client.parser import text_string_to_metric_families

from securecart.serve.gateway.exposition import exposition
from securecart.serve.gateway.meter import ROW_WORDS, Meter
from securecart.serve.gateway.scoreboard import Scoreboard, Word


def _samples(scoreboard: Scoreboard) -> dict[str, float]:
    """Read the text as Prometheus's own library does."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(exposition(scoreboard).decode()):
        assert family.documentation
        assert family.type in {"counter", "gauge", "histogram"}
        for sample in family.samples:
            labels = ",".join(
                f'{name}="{each}"' for name, each in sample.labels.items()
            )
            name = f"{sample.name}{{{labels}}}" if labels else sample.name
            assert name not in found, "a sample twice"
            found[name] = sample.value
    return found


def _two() -> tuple[Scoreboard, Meter, Meter]:
    scoreboard = Scoreboard.create(2, ROW_WORDS)
    return scoreboard, Meter(scoreboard, 0), Meter(scoreboard, 1)


def test_counters_are_the_sums_of_all_workers() -> None:
    """Whichever worker is asked."""
    scoreboard, one, other = _two()
    one.answered("s3", "GetObject", 200, 0.0005)
    other.answered("s3", "GetObject", 206, 0.2)
    other.answered("s3", "GetObject", 403, 100)
    one.add(Word.BYTES_OUT, 5)
    other.add(Word.BYTES_OUT, 6)
    found = _samples(scoreboard)
    row = 'service="s3",operation="GetObject"'
    assert found[f'securecart_requests_total{{{row},code="2xx"}}'] == 2
    assert found[f'securecart_requests_total{{{row},code="4xx"}}'] == 1
    name = "securecart_request_duration_seconds"
    assert found[f'{name}_bucket{{{row},le="0.001"}}'] == 1
    assert found[f'{name}_bucket{{{row},le="0.1"}}'] == 1
    assert found[f'{name}_bucket{{{row},le="0.25"}}'] == 2
    assert found[f'{name}_bucket{{{row},le="+Inf"}}'] == 3
    assert found[f"{name}_count{{{row}}}"] == 3
    assert found[f"{name}_sum{{{row}}}"] == 100.2005
    assert found["securecart_sent_bytes_total"] == 11


def test_what_is_of_the_moment_is_told_by_worker_and_ends_with_it() -> None:
    """Counters never fall, or Prometheus would take it for a restart."""
    scoreboard, one, other = _two()
    for meter in (one, other):
        meter.note(Word.STARTED_AT, 1)
        meter.add(Word.CONNECTIONS, 3)
        meter.add(Word.ACCEPTED, 3)
    other.lower(Word.CONNECTIONS)
    found = _samples(scoreboard)
    assert found['securecart_connections{worker="0"}'] == 3
    assert found['securecart_connections{worker="1"}'] == 2
    scoreboard.clear(1)
    found = _samples(scoreboard)
    assert 'securecart_connections{worker="1"}' not in found
    assert found["securecart_connections_accepted_total"] == 6
    Meter(scoreboard, 1).add(Word.ACCEPTED)
    assert _samples(scoreboard)["securecart_connections_accepted_total"] == 7


def test_a_worker_that_begins_has_nothing_of_the_one_before() -> None:
    """Or its siblings would take it for busy, whatever their parent missed."""
    scoreboard, _, other = _two()
    other.add(Word.CONNECTIONS, 3)
    other.note(Word.ACCEPTING, 1)
    Meter(scoreboard, 1)
    assert scoreboard.rows[1][Word.CONNECTIONS] == 0
    assert scoreboard.rows[1][Word.ACCEPTING] == 0


def test_an_operation_that_has_no_table_is_counted_too() -> None:
    """Under the name of what is not known."""
    meter = Meter.alone()
    meter.answered("s3", "OperationOfTheFuture", 501, 0.001)
    row = 'service="s3",operation="UnknownOperation",code="5xx"'
    found = _samples(meter.scoreboard)
    assert found[f"securecart_requests_total{{{row}}}"] == 1
