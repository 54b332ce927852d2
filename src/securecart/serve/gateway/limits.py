"""What a stranger may cost the gateway. Bytes and seconds."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Each limit, with where its number comes from.

    Attributes:
        head_bytes: AWS takes 8 kB of headers; a presigned URL adds a target
            with a key of 1,024 bytes, percent-encoded, and a session token.
        header_count: the largest SDK request seen has about 30; metadata can
            add some 80 short ones within its 2 kB.
        target_bytes: a key takes up to 3 kB encoded, a session token 8 kB.
        connections: two file descriptors each, within four times the usual 1,024.
            One more takes the place of the one that has been idle longest.
        head_seconds: from the first byte of a head to its last; what Apache's
            `mod_reqtimeout` allows by default.
        idle_seconds: between requests; browsers keep a connection for a minute.
        body_rate: bytes a second that a body must come with on the whole; also
            what `mod_reqtimeout` has by default.
        stall_seconds: without a byte in either direction while a body moves;
            S3 ends such a request (`RequestTimeout`) after about as long.
        buffer_bytes: held for a body before reading pauses; one read of
            uvloop's is 256 KiB.
        drain_bytes: of a refused body, read so that the connection can stay.
        linger_bytes, linger_seconds: read after the last answer, so that the
            peer sees it before a reset does away with it.
        document_bytes: XML and form bodies that are read whole; DeleteObjects
            with 1,000 keys of 1,024 bytes is the largest that AWS takes.
        session_requests: under way at once for one session, or one access
            key, in each worker: half of the connections to the store.
        object_bytes: "Amazon S3 objects overview": 5 GiB in one PUT or part.
        grace_seconds: for requests under way when the gateway stops.
    """

    head_bytes: int = 32 * KIB
    header_count: int = 120
    target_bytes: int = 16 * KIB
    connections: int = 2000
    head_seconds: float = 20
    idle_seconds: float = 75
    stall_seconds: float = 30
    body_rate: int = 500
    buffer_bytes: int = 512 * KIB
    drain_bytes: int = 64 * KIB
    linger_bytes: int = 8 * MIB
    linger_seconds: float = 3
    document_bytes: int = 2 * MIB
    session_requests: int = 64
    object_bytes: int = 5 * GIB
    grace_seconds: float = 10
