"""SSE-KMS as SeaweedFS writes it down: a data key for each object, by our KMS.

Beside the object stands what KMS made of the data key, with the context that it is
bound to, the initial counter block, and a commitment of both; beside each chunk
the same with the chunk's offset, from which the counter goes on.

Source: SeaweedFS 4.48, read off what its S3 endpoint stores; `tests/interop/
seaweedfs` holds both to one another.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

import orjson
from cryptography.hazmat.primitives.ciphers import CipherContext

from securecart.adapters.direct_store.chunk import Chunk
from securecart.adapters.direct_store.sse_s3 import DataKey, NotOpened, is_committed

ALGORITHM = "aws:kms"
_KEY_BYTES = 32
_COUNTER_BYTES = 16
_CONTEXT = "aws:s3:arn"


class Kms(Protocol):
    """The two operations of KMS, in S3's own name.

    Both raise `NotOpened` for whatever KMS answers instead.
    """

    def generate(self, key: str, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Answer a new data key of 32 bytes, and what KMS made of it."""
        ...

    def decrypt(self, made: bytes, context: Mapping[str, str]) -> bytes:
        """Answer the data key that KMS made this of."""
        ...


@dataclass(frozen=True, slots=True)
class Described:
    """What stands beside an object, or beside a chunk of it."""

    key: str
    made: bytes
    context: Mapping[str, str]
    counter: bytes
    offset: int
    commitment: bytes | None


def described(document: bytes) -> Described:
    """Read it.

    Raises:
        NotOpened: it is of another form.
    """
    try:
        told: Any = orjson.loads(document)
        wrapped = orjson.loads(b64decode(told["encryptedDataKey"], validate=True))
        commitment = told.get("keyCommitment")
        found = Described(
            key=told["keyId"],
            made=b64decode(wrapped["ciphertext"], validate=True),
            context=told["encryptionContext"],
            counter=b64decode(told["iv"], validate=True),
            offset=told["partOffset"],
            commitment=None if commitment is None else b64decode(commitment),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotOpened(f"no data key of KMS's: {error!r}") from error
    if told["algorithm"] != ALGORITHM or wrapped.get("provider") != "aws":
        raise NotOpened("the data key is for another algorithm, or of another KMS")
    if len(found.counter) != _COUNTER_BYTES or not isinstance(found.offset, int):
        raise NotOpened("no counter block")
    return found


class KmsDataKeys:
    """Has data keys made and opened by `kms`."""

    def __init__(self, kms: Kms, random: Callable[[int], bytes]) -> None:
        self._kms = kms
        self._random = random

    def new(self, key: str, target: str) -> tuple[DataKey, bytes, bytes]:
        """Answer a data key, and what is to stand beside the object and its chunk.

        `key` is the ARN of the KMS key, `target` the object's path, encoded.

        Raises:
            NotOpened: KMS has made none.
        """
        context = {_CONTEXT: f"arn:aws:s3:::{unquote(target)[1:]}"}
        plain, made = self._kms.generate(key, context)
        if len(plain) != _KEY_BYTES:
            raise NotOpened("KMS made a data key of another length")
        data_key = DataKey(plain, self._random(_COUNTER_BYTES), ALGORITHM)
        wrapped = orjson.dumps(
            {"provider": "aws", "key_id": key, "ciphertext": _text(made), "version": 1}
        )
        told = {
            "algorithm": ALGORITHM,
            "keyId": key,
            "encryptedDataKey": _text(wrapped),
            "encryptionContext": context,
            "bucketKeyEnabled": False,
            "iv": _text(data_key.counter),
            "partOffset": 0,
        }
        of_chunk = orjson.dumps(told)
        told["keyCommitment"] = _text(data_key.commitment())
        return data_key, orjson.dumps(told), of_chunk

    def open(self, document: bytes) -> DataKey:
        """Answer the data key of an object, from what stands beside it.

        Raises:
            NotOpened: KMS does not open it, or it is not committed to.
        """
        return self._opened(described(document))

    def _opened(self, found: Described) -> DataKey:
        opened = self._kms.decrypt(found.made, found.context)
        data_key = DataKey(opened, found.counter, ALGORITHM)
        if found.commitment is None or len(opened) != _KEY_BYTES:
            raise NotOpened("nothing is committed to")
        if not is_committed(data_key, found.commitment):
            raise NotOpened("the data key is not committed to its counter block")
        return data_key

    def ciphers(self, document: bytes) -> Callable[[Chunk], CipherContext]:
        """Answer what begins each chunk of an object, that stands beside it.

        Raises:
            NotOpened: see `open`; so does what is answered, for another's chunk.
        """
        whole = described(document)
        data_key = self._opened(whole)

        def cipher_of(chunk: Chunk) -> CipherContext:
            of_chunk = described(chunk.data_key)
            if (of_chunk.made, of_chunk.counter) != (whole.made, whole.counter):
                raise NotOpened("the chunk has another data key than the object")
            if of_chunk.offset != chunk.offset:
                raise NotOpened("the chunk is of another place")
            return data_key.cipher(chunk.offset)

        return cipher_of


def _text(octets: bytes) -> str:
    return b64encode(octets).decode()
