"""A log that several processes have open makes room for more."""

from pathlib import Path

from securecart.cli import children


def test_a_long_log_is_emptied_under_those_who_write_to_it(tmp_path: Path) -> None:
    """They go on at its end; what was in it is kept once, and only the owner reads."""
    log = tmp_path / "aws.log"
    with children._open_log(log) as sibling:  # noqa: SLF001 - what the processes inherit
        sibling.write(b"x" * (children._LOG_BYTES + 1))  # noqa: SLF001
        sibling.flush()
        with children._open_log(log) as restarted:  # noqa: SLF001
            restarted.write(b"restarted\n")
            restarted.flush()
            sibling.write(b"sibling\n")
            sibling.flush()
    assert log.read_bytes() == b"restarted\nsibling\n"
    old = tmp_path / "aws.log.old"
    assert old.stat().st_size == children._LOG_BYTES + 1  # noqa: SLF001
    assert {each.stat().st_mode & 0o777 for each in (log, old)} == {0o600}
