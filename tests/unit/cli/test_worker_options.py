"""What a worker is told comes over a command line unchanged."""

from securecart.cli.worker_options import WorkerOptions


def test_options_come_back_as_they_were_given() -> None:
    """Tuples too, which JSON does not have."""
    options = WorkerOptions(
        data="/data/with space",
        workers=2,
        sockets=(3, 4),
        monitoring=(),
        private_hosts=("localhost:8081",),
        oidc_hosts=(),
        bucket_hosts=("s3.example.com",),
        connections=2000,
        session_requests=64,
        kept_bytes=0,
        access_log=False,
        syncs=True,
    )
    assert WorkerOptions.from_json(options.to_json()) == options
