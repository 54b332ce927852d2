"""No port of the store gives anything to another program on the machine.

Every listening socket of the four processes is found by its inode, so a port
that a new version of SeaweedFS opens is tried as well. One of them speaks in
the clear: the volume server's HTTP port, which wants a token for each chunk.
"""

import base64
import hashlib
import hmac
import json
import re
import socket
import ssl
import stat
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from securecart.adapters.seaweedfs import Store
from securecart.adapters.seaweedfs.certificates import issue_certificates

pytestmark = pytest.mark.slow

Ask = Callable[..., tuple[int, bytes]]

TEXT = b"nobody but the gateway may read or lose this document"

LISTEN = "0A"
"""TCP_LISTEN in /proc/net/tcp."""

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)
"""What a gRPC client says first: the preface and empty SETTINGS (RFC 9113, 3.4)."""

TLS_ALERT = 0x15

REQUESTS = [
    ("GET", "/"),
    ("GET", "/{bucket}"),
    ("GET", "/{bucket}/doc"),
    ("GET", "/buckets/{bucket}/doc"),
    ("GET", "/buckets/{bucket}/?pretty=y"),
    ("PUT", "/{bucket}/doc"),
    ("DELETE", "/{bucket}/doc"),
    ("DELETE", "/buckets/{bucket}?recursive=true"),
    ("GET", "/dir/status"),
    ("GET", "/dir/assign"),
    ("GET", "/dir/lookup?volumeId=1"),
    ("GET", "/vol/status"),
    ("POST", "/vol/grow?count=1"),
    ("POST", "/col/delete?collection={bucket}"),
    ("DELETE", "/col/delete?collection={bucket}"),
    ("POST", "/submit"),
    ("GET", "/cluster/status"),
    ("GET", "/status"),
    ("GET", "/stats/counter"),
    ("GET", "/ui/index.html"),
    ("GET", "/metrics"),
    ("GET", "/debug/pprof/heap"),
    ("GET", "/debug/vars"),
    ("POST", "/?Action=ListUsers"),
    ("HEAD", "/status"),
    ("GET", "/healthz"),
    ("GET", "/stats/memory"),
    ("GET", "/stats/disk"),
    ("GET", "/ui"),
    ("GET", "/debug/pprof/"),
    ("GET", "/admin/assign_volume?volume=77"),
    ("GET", "/admin/vacuum/compact?volume=1"),
    ("POST", "/admin/delete_collection?collection={bucket}"),
    ("POST", "/delete?fid={fid}"),
    ("GET", "/99,0101020304?proxied=true"),
    ("GET", "/{fid}"),
    ("HEAD", "/{fid}"),
    ("GET", "/{slashed}"),
    ("GET", "/{slashed}/name.txt"),
    ("GET", "/{fid}_1"),
    ("GET", "/{fid}?cm=false"),
    ("GET", "/{fid}?readDeleted=true"),
    ("GET", "/{fid}?proxied=true"),
    ("GET", "/{fid}?type=replicate"),
    ("OPTIONS", "/{fid}"),
    ("PATCH", "/{fid}"),
    ("POST", "/{fid}"),
    ("PUT", "/{fid}"),
    ("PUT", "/{fid}?type=replicate"),
    ("DELETE", "/{fid}"),
    ("DELETE", "/{fid}?cm=false"),
    ("DELETE", "/{fid}?type=replicate"),
]

STATUS = {"DiskStatuses", "Version", "Volumes"}
VOLUME_STATUS = {
    *("Collection", "DiskType", "RemoteStorageName", "ReplicaPlacement", "Ttl"),
    *("Size", "DeletedByteCount", "ModifiedAtSecond", "Id", "DiskId"),
    *("CompactRevision", "FileCount", "DeleteCount", "Version"),
    *("ReadOnly", "ReadOnlyCanDelete"),
}
"""What the volume server's status page tells; nothing of single documents."""


def listening(pid: int) -> tuple[list[tuple[str, int]], list[Path]]:
    """The TCP addresses and Unix sockets on which a process listens."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        if found := re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink())):
            inodes.add(found[1])
    addresses = []
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and fields[9] in inodes:
                host, port = fields[1].split(":")
                assert family is socket.AF_INET, "listens beyond IPv4 loopback"
                packed = bytes.fromhex(host)[::-1]
                addresses.append((socket.inet_ntop(family, packed), int(port, 16)))
    paths = []
    for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[6] in inodes and len(fields) > 7:
            paths.append(Path(fields[7]))
    return addresses, paths


@pytest.fixture(scope="module")
def fid(store: Store, ask: Ask, bucket: str) -> str:
    """The address under which the volume server keeps a document's bytes."""
    assert ask(store, "PUT", f"/{bucket}/doc", TEXT)[0] == 200
    data = store.socket_path.parents[1] / "data"
    index = next(file for file in data.glob(f"{bucket}_*.idx") if file.stat().st_size)
    volume = index.stem.rpartition("_")[2]
    # An index entry is key (8 bytes), offset (4), size (4); a data record
    # begins with cookie (4), key (8), size (4), at eight times the offset.
    entry = index.read_bytes()[:16]
    offset = int.from_bytes(entry[8:12], "big") * 8
    record = index.with_suffix(".dat").read_bytes()[offset : offset + 12]
    assert record[4:12] == entry[:8]
    key = entry[:8].hex().lstrip("0")
    return f"{volume},{key}{record[:4].hex()}"


@pytest.fixture(scope="module")
def tcp(store: Store, fid: str) -> list[tuple[str, int]]:
    """Every TCP address of the four processes."""
    assert fid
    processes = store.health().processes.values()
    found = [address for pid in processes if pid for address in listening(pid)[0]]
    assert len(found) == 8
    return found


@pytest.fixture(scope="module")
def requests(bucket: str, fid: str) -> list[bytes]:
    """What a stranger may send, document addresses and all."""
    values = {"bucket": bucket, "fid": fid, "slashed": fid.replace(",", "/")}
    return [
        http_request(method, target.format(**values)) for method, target in REQUESTS
    ]


@pytest.fixture(scope="module")
def volume(store: Store, fid: str) -> tuple[str, int]:
    """Where the volume server speaks HTTP."""
    assert fid
    pid = store.health().processes["volume"]
    arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    (port,) = (found[6:] for found in arguments if found.startswith("-port="))
    return "127.0.0.1", int(port)


@pytest.fixture(scope="module")
def keys(store: Store) -> dict[str, bytes]:
    """The keys of the tokens, by variable; only the store's own user sees them."""
    pid = store.health().processes["volume"]
    variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    pairs = (each.partition(b"=") for each in variables)
    return {name.decode(): value for name, _, value in pairs if b"_JWT_" in name}


def http_request(method: str, target: str, *headers: str, body: str = "") -> bytes:
    """A request as bytes, after whose answer the connection is closed."""
    length = f"Content-Length: {len(body)}"
    lines = ["Host: localhost", length, "Connection: close", *headers]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", body]).encode()


def token(key: bytes, algorithm: str = "HS256", **claims: Any) -> str:
    """A JWT (RFC 7519) by that algorithm of RFC 7518: HS256 or none."""
    parts = ({"alg": algorithm, "typ": "JWT"}, claims)
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
    if algorithm == "none":
        return f"{signed}."
    code = hmac.digest(key, signed.encode(), hashlib.sha256)
    return f"{signed}.{_base64url(code)}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def exchange(
    address: tuple[str, int], sent: bytes, context: ssl.SSLContext | None = None
) -> bytes:
    """Send bytes, by TLS if there is a context; what comes back, or nothing."""
    answer = b""
    with ExitStack() as opened:
        try:
            connection = opened.enter_context(
                socket.create_connection(address, timeout=3)
            )
            if context is not None:
                connection = opened.enter_context(context.wrap_socket(connection))
            connection.sendall(sent)
            while chunk := connection.recv(65536):
                answer += chunk
                if answer.startswith(b"\0\0") and len(answer) >= 9:
                    break  # HTTP/2 frames: the connection would stay open.
        except (ssl.SSLError, ConnectionError):
            pass
    return answer


def trusting_anyone(alpn: str) -> ssl.SSLContext:
    """TLS that asks the server for nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    return context


@pytest.fixture(params=["no certificate", "a certificate of another authority"])
def stranger(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[str], ssl.SSLContext]:
    """TLS as somebody speaks it who has no key of the store's."""

    def context(alpn: str) -> ssl.SSLContext:
        made = trusting_anyone(alpn)
        if request.param != "no certificate":
            issue_certificates(tmp_path, datetime.now(UTC))
            made.load_cert_chain(tmp_path / "client.crt", tmp_path / "client.key")
        return made

    return context


def ours(store: Store, alpn: str) -> ssl.SSLContext:
    """TLS with the certificate of the store's own client."""
    certificates = store.socket_path.parents[1] / "tls"
    context = trusting_anyone(alpn)
    context.load_cert_chain(certificates / "client.crt", certificates / "client.key")
    return context


def test_every_port_is_on_loopback(tcp: list[tuple[str, int]]) -> None:
    """Nothing listens to another machine."""
    assert {host for host, _ in tcp} == {"127.0.0.1"}


def test_plain_http_is_answered_by_the_volume_server_alone(
    tcp: list[tuple[str, int]], volume: tuple[str, int], requests: list[bytes]
) -> None:
    """An HTTPS port says so and no more; a gRPC port hangs up."""
    assert volume in tcp
    for address in set(tcp) - {volume}:
        for request in requests:
            answer = exchange(address, request)
            assert (
                not answer
                or answer[0] == TLS_ALERT
                or answer.startswith(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an")
            ), (address, request, answer)


def test_the_volume_server_wants_a_token(
    volume: tuple[str, int], requests: list[bytes], fid: str
) -> None:
    """Without one there is no document, no name of one, and no change."""
    opened = {b"GET /status", b"HEAD /status", b"GET /healthz"}
    empty = {b"HEAD /status", b"GET /healthz", b"OPTIONS /" + fid.encode()}
    for request in requests:
        line = request.partition(b" HTTP")[0]
        head, _, body = exchange(volume, request).partition(b"\r\n\r\n")
        if line in empty:
            assert body == b""
        elif line not in opened:
            assert re.match(rb"HTTP/1.1 40[01] ", head), (line, head)
            # An error at most, which repeats a word of the request.
            assert body == b"" or set(json.loads(body)) == {"error"}
            assert TEXT not in body


def test_the_volume_servers_status_tells_of_no_document(
    volume: tuple[str, int], fid: str
) -> None:
    """Bucket names, numbers and sums of sizes: SeaweedFS cannot hide them."""
    answer = exchange(volume, http_request("GET", "/status"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    told = json.loads(body)
    assert set(told) == STATUS
    for each in told["Volumes"]:
        assert set(each) == VOLUME_STATUS
    assert fid.partition(",")[2].encode() not in body


def test_a_token_opens_one_chunk_for_one_purpose(
    volume: tuple[str, int], fid: str, keys: dict[str, bytes]
) -> None:
    """The store's own key does open it: so the refusals below mean something."""
    read = token(keys["WEED_JWT_SIGNING_READ_KEY"], fid=fid, exp=time.time() + 10)
    bearer = f"Authorization: Bearer {read}"
    got = exchange(volume, http_request("GET", f"/{fid}", bearer))
    assert got.startswith(b"HTTP/1.1 200 ")
    assert TEXT not in got
    for method in ("PUT", "POST", "DELETE"):
        refused = exchange(volume, http_request(method, f"/{fid}", bearer, body="x"))
        assert refused.startswith(b"HTTP/1.1 401 "), (method, refused)


@pytest.mark.parametrize("variable", ["SIGNING_KEY", "SIGNING_READ_KEY"])
@pytest.mark.parametrize(
    "forgery",
    ["wrong key", "empty key", "none", "expired", "not yet", "other chunk", "no chunk"],
)
def test_a_forged_token_is_refused(
    volume: tuple[str, int],
    fid: str,
    keys: dict[str, bytes],
    variable: str,
    forgery: str,
) -> None:
    """In the header, the query and the cookie alike; for reading and writing."""
    key = keys[f"WEED_JWT_{variable}"]
    now = time.time()
    other = f"{fid[:-1]}{int(fid[-1], 16) ^ 1:x}"
    good: dict[str, Any] = {"fid": fid, "exp": now + 10}
    made = {
        "wrong key": token(b"k" * 43, **good),
        "empty key": token(b"", **good),
        "none": token(key, "none", **good),
        "expired": token(key, fid=fid, exp=now - 2),
        "not yet": token(key, nbf=now + 60, **good),
        "other chunk": token(key, fid=other, exp=now + 10),
        "no chunk": token(key, exp=now + 10),
    }[forgery]
    methods = ["GET", "HEAD"] if "READ" in variable else ["PUT", "POST", "DELETE"]
    for method in methods:
        for target, header in (
            (f"/{fid}", f"Authorization: Bearer {made}"),
            (f"/{fid}?jwt={made}", "Accept: */*"),
            (f"/{fid}", f"Cookie: jwt={made}; AT={made}"),
            (f"/{fid}?type=replicate", f"Authorization: Bearer {made}"),
        ):
            request = http_request(method, target, header, body="x")
            answer = exchange(volume, request)
            assert answer.startswith(b"HTTP/1.1 401 "), (method, target, answer)


def test_plain_grpc_is_answered_by_no_port(tcp: list[tuple[str, int]]) -> None:
    """Not even SETTINGS come back for an HTTP/2 preface in the clear."""
    for address in tcp:
        answer = exchange(address, HTTP2_PREFACE)
        assert not answer.startswith(b"\0\0"), (address, answer)
        assert not answer.startswith(b"HTTP/1.1 2")


def test_https_wants_the_stores_own_certificate(
    tcp: list[tuple[str, int]],
    requests: list[bytes],
    stranger: Callable[[str], ssl.SSLContext],
) -> None:
    """Without one not a byte comes back, whatever is asked."""
    context = stranger("http/1.1")
    for address in tcp:
        for request in requests:
            assert exchange(address, request, context) == b"", (address, request)


def test_grpc_wants_the_stores_own_certificate(
    tcp: list[tuple[str, int]], stranger: Callable[[str], ssl.SSLContext]
) -> None:
    """Without one not even SETTINGS come back."""
    context = stranger("h2")
    for address in tcp:
        assert exchange(address, HTTP2_PREFACE, context) == b"", address


def test_the_same_questions_are_answered_to_the_store_itself(
    store: Store,
    tcp: list[tuple[str, int]],
    volume: tuple[str, int],
    requests: list[bytes],
) -> None:
    """So the silence above is the certificate's doing, on each TLS port."""
    for address in set(tcp) - {volume}:
        answers = [
            exchange(address, HTTP2_PREFACE, ours(store, "h2")),
            exchange(address, requests[0], ours(store, "http/1.1")),
        ]
        assert any(answers), address


def test_a_certificate_alone_opens_nothing(
    store: Store, tcp: list[tuple[str, int]], requests: list[bytes], fid: str
) -> None:
    """Behind TLS stand the JWTs, the signature, and `-disableHttp`.

    Status pages answer; no document does, and nothing that changes anything.
    """
    context = ours(store, "http/1.1")
    answered = set()
    for address in tcp:
        for request in requests:
            answer = exchange(address, request, context)
            if re.match(rb"HTTP/1.1 [23]", answer):
                answered.add(request.partition(b" HTTP")[0])
                assert TEXT not in answer
    # The master shows its front page whatever the query of `/` says.
    front_pages = {b"GET /", b"GET /ui/index.html", b"POST /?Action=ListUsers"}
    pages = {b"GET /status", b"HEAD /status", b"GET /healthz", b"GET /cluster/status"}
    # S3 tells every origin that asks; what it then sends must be signed.
    assert answered <= front_pages | pages | {f"OPTIONS /{fid}".encode()}


def test_the_sockets_are_out_of_reach_and_ask_for_a_signature(
    store: Store, requests: list[bytes]
) -> None:
    """No other user may enter their directory; unsigned requests get nothing."""
    processes = store.health().processes.values()
    paths = [path for pid in processes if pid for path in listening(pid)[1]]
    assert store.socket_path in paths
    for path in paths:
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        for request in requests:
            with closing(socket.socket(socket.AF_UNIX)) as connection:
                connection.settimeout(3)
                connection.connect(str(path))
                connection.sendall(request)
                answer = b""
                while chunk := connection.recv(65536):
                    answer += chunk
            head, _, body = answer.partition(b"\r\n\r\n")
            # /status is SeaweedFS's own health check: 200, and empty.
            assert b" 200 " not in head.partition(b"\r\n")[0] or body == b""


def test_nothing_was_changed_by_any_of_it(
    store: Store, ask: Ask, bucket: str, fid: str
) -> None:
    """The document is still there, and is the only one."""
    assert fid
    assert ask(store, "GET", f"/{bucket}/doc") == (200, TEXT)
    assert ask(store, "GET", f"/{bucket}?list-type=2")[1].count(b"<Key>") == 1
