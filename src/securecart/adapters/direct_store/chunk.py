"""A piece of an object, as the volume server has it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """So many bytes of an object, in one record of the volume server."""

    file_id: str
    offset: int
    size: int
    data_key: bytes
