"""What the four processes read at their start, and how they are called.

Each choice below was measured; docs/store.md gives the reasons.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from securecart.adapters.seaweedfs.certificates import common_name
from securecart.adapters.seaweedfs.ports import LOOPBACK, free_ports
from securecart.names.credentials import Credentials

_KEY_CACHE = "30s"
"""How long the store may open documents with a data key after KMS was last
asked for it, and so how long a disabled key goes on opening them. Its own
default is an hour, and it reads `0s` as that."""

_KMS_SECONDS = 5
"""For one answer of KMS. At its start the S3 process asks twice for a key
named `health-check-dummy-key`; "not found" satisfies it, and so does, after
these waits, no answer at all: KMS may come up after the store."""

_VOLUME_MEGABYTES = 1024
_VOLUMES = 10_000
"""Every bucket takes volumes of its own; they cost nothing while empty. With
SeaweedFS's default of 8, the fourth bucket is one too many."""

_MIN_FREE_SPACE = "500MiB"

_TOKEN_SECONDS = 10
"""How long one chunk may be read or written with the token made for it. It is
looked at when a request begins, so this need not cover the transfer."""


@dataclass(frozen=True, slots=True)
class KmsEndpoint:
    """Where the store asks for data keys, and as whom."""

    url: str
    region: str
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Places:
    """The files and sockets of one store, below its private directory."""

    root: Path
    sockets: Path

    @property
    def config(self) -> Path:
        """Where the TOML files are."""
        return self.root / "cfg"

    @property
    def certificates(self) -> Path:
        """Where the certificates are."""
        return self.root / "tls"

    @property
    def logs(self) -> Path:
        """Where each process's log is."""
        return self.root / "logs"

    @property
    def identities(self) -> Path:
        """The S3 gateway's own configuration: one identity, and KMS."""
        return self.root / "s3.json"

    @property
    def s3_socket(self) -> Path:
        """Where the S3 API answers."""
        return self.sockets / "s3.sock"

    @property
    def filer_socket(self) -> Path:
        """Given to the filer so that it makes none in /tmp."""
        return self.sockets / "f.sock"

    @property
    def config_argument(self) -> str:
        """The argument by which a process is known to be this store's."""
        return f"-config_dir={self.config}"


@dataclass(frozen=True, slots=True)
class Ports:
    """One HTTP and one gRPC port for each process."""

    master: int
    master_grpc: int
    volume: int
    volume_grpc: int
    filer: int
    filer_grpc: int
    s3: int
    s3_grpc: int

    @classmethod
    def choose(cls) -> "Ports":
        """Ports that are free now."""
        return cls(*free_ports(8))


def security_toml(places: Places) -> str:
    """Mutual TLS, who may call whom by gRPC, and how long a token lives.

    There is no `[https.volume]`: the S3 process reads the chunks of an
    encrypted multipart object by `http://`, whatever is written here.
    """
    callers = {
        "master": ("master", "volume", "filer", "client"),
        "volume": ("master", "volume", "filer", "client"),
        "filer": ("master", "filer", "client"),
        "s3": ("filer", "client"),
        "client": (),
    }
    ca = json.dumps(str(places.certificates / "ca.crt"))
    lines = ["[access]", "ui = false", "[grpc]", f"ca = {ca}"]
    for component, allowed in callers.items():
        lines += [f"[grpc.{component}]", *_pair(places, component)]
        if allowed:
            names = ",".join(map(common_name, allowed))
            lines.append(f'allowed_commonNames = "{names}"')
    for section in ("jwt.signing", "jwt.signing.read"):
        lines += [f"[{section}]", f"expires_after_seconds = {_TOKEN_SECONDS}"]
    for component in ("master", "filer"):
        lines += [f"[https.{component}]", "enabled = true", f"ca = {ca}"]
        lines += _pair(places, component)
    return "\n".join(lines) + "\n"


def _pair(places: Places, component: str) -> list[str]:
    certificate = str(places.certificates / f"{component}.crt")
    key = str(places.certificates / f"{component}.key")
    # A JSON string is a TOML basic string.
    return [f"cert = {json.dumps(certificate)}", f"key = {json.dumps(key)}"]


def master_toml() -> str:
    """Two volumes at a time: the default of seven fills the slots at once."""
    return "[master.volume_growth]\ncopy_1 = 2\n"


def filer_toml(places: Places) -> str:
    """Named here so that no `/etc/seaweedfs/filer.toml` names another."""
    directory = json.dumps(str(places.root / "f" / "filerldb2"))
    return f"[leveldb2]\nenabled = true\ndir = {directory}\n"


def identities_json(credentials: Credentials, kms: KmsEndpoint) -> str:
    """The one identity of the gateway, and the KMS that wraps data keys."""
    identity = {
        "name": "gateway",
        "credentials": [
            {
                "accessKey": credentials.access_key_id,
                "secretKey": credentials.secret_access_key,
            }
        ],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    provider = {
        "type": "aws",
        "region": kms.region,
        "endpoint": kms.url,
        "access_key": kms.credentials.access_key_id,
        "secret_key": kms.credentials.secret_access_key,
        "cache_ttl": _KEY_CACHE,
        "request_timeout": _KMS_SECONDS,
        "max_retries": 1,
    }
    keys = {"default_provider": "securecart", "providers": {"securecart": provider}}
    return json.dumps({"identities": [identity], "kms": keys}, indent=1)


def master_arguments(places: Places, ports: Ports) -> tuple[str, ...]:
    """Alone (no peers), silent towards its makers, gRPC only."""
    return (
        *_listening(ports.master, ports.master_grpc),
        f"-ip={LOOPBACK}",
        f"-mdir={places.root / 'm'}",
        "-peers=none",
        "-telemetry=false",
        f"-volumeSizeLimitMB={_VOLUME_MEGABYTES}",
        "-disableHttp",
    )


def volume_arguments(places: Places, ports: Ports) -> tuple[str, ...]:
    """Where the bytes are; its HTTP port asks for a JWT for each chunk."""
    return (
        *_listening(ports.volume, ports.volume_grpc),
        f"-ip={LOOPBACK}",
        f"-dir={places.root / 'data'}",
        f"-max={_VOLUMES}",
        f"-minFreeSpace={_MIN_FREE_SPACE}",
        f"-master={LOOPBACK}:{ports.master}.{ports.master_grpc}",
        "-preStopSeconds=0",
    )


def filer_arguments(places: Places, ports: Ports) -> tuple[str, ...]:
    """Names and versions: by gRPC, and read by HTTP through the socket."""
    return (
        *_listening(ports.filer, ports.filer_grpc),
        f"-ip={LOOPBACK}",
        f"-defaultStoreDir={places.root / 'f'}",
        f"-master={LOOPBACK}:{ports.master}.{ports.master_grpc}",
        f"-localSocket={places.filer_socket}",
        "-exposeDirectoryData=false",
    )


def s3_arguments(places: Places, ports: Ports) -> tuple[str, ...]:
    """The S3 API: over the Unix socket; its TCP port wants our certificate.

    `-autoCreateBucket` and `-allowDeleteBucketNotEmpty` are on by default;
    AWS does neither.
    """
    certificates = places.certificates
    return (
        *_listening(ports.s3, ports.s3_grpc),
        f"-filer={LOOPBACK}:{ports.filer}.{ports.filer_grpc}",
        f"-config={places.identities}",
        f"-localSocket={places.s3_socket}",
        f"-cert.file={certificates / 's3.crt'}",
        f"-key.file={certificates / 's3.key'}",
        f"-cacert.file={certificates / 'ca.crt'}",
        "-tlsVerifyClientCert",
        "-port.iceberg=0",
        "-port.lance=0",
        "-iam=false",
        "-autoCreateBucket=false",
        "-allowDeleteBucketNotEmpty=false",
    )


def _listening(http: int, grpc: int) -> tuple[str, ...]:
    return f"-ip.bind={LOOPBACK}", f"-port={http}", f"-port.grpc={grpc}"
