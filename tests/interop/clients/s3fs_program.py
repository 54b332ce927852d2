"""A day's work with s3fs for Python; its answers go to standard output, as JSON.

It runs in the virtual environment that s3fs has for itself. Its first argument
is the file with the words of `docs/clients.md`, its second a large file, its
third another person's folder.
"""

import json
import sys
from collections.abc import Callable
from os import environ
from pathlib import Path
from typing import Any
from urllib.request import urlopen

settings, large, others = sys.argv[1:]
found: dict[str, Any] = {}
exec(Path(settings).read_text(), found)  # noqa: S102 - our own document's words
filesystem = found["filesystem"]
root = f"{environ['BUCKET']}/{environ['FOLDER']}/s3fs"


def below(paths: list[str]) -> list[str]:
    """Paths without the root."""
    return sorted(path.removeprefix(f"{root}/") for path in paths)


def told(work: Callable[[], Any]) -> str:
    """How something was refused."""
    try:
        return f"let in: {work()}"
    except PermissionError as error:
        return str(error)


def text() -> dict[str, Any]:
    """Open, write, append, read, ask."""
    name = f"{root}/a b+c ü.txt"
    with filesystem.open(name, "wb") as file:
        file.write(b"hello")
    with filesystem.open(name, "ab") as file:
        file.write(b" world")
    with filesystem.open(name, "rb") as file:
        file.seek(6)
        tail = file.read().decode()
    unlisted = told(lambda: filesystem.exists(f"{root}/nothing"))
    filesystem.ls(root)
    return {
        "whole": filesystem.cat(name).decode(),
        "tail": tail,
        "size": filesystem.info(name)["size"],
        "there": filesystem.exists(name),
        "unlisted": unlisted,
        "listed": filesystem.exists(f"{root}/nothing"),
    }


def tree() -> dict[str, Any]:
    """List in every way, move and remove."""
    for name in ("x/1.txt", "x/2.csv", "x/y/3.txt"):
        filesystem.pipe(f"{root}/tree/{name}", name.encode())
    start = f"{root}/tree"
    walked = [(below([at]), dirs, files) for at, dirs, files in filesystem.walk(start)]
    answer = {
        "ls": below(filesystem.ls(f"{start}/x")),
        "glob": below(filesystem.glob(f"{start}/**/*.txt")),
        "find": below(filesystem.find(start)),
        "walk": walked,
    }
    filesystem.mv(f"{start}/x/1.txt", f"{start}/x/moved.txt")
    filesystem.rm(f"{start}/x/y", recursive=True)
    filesystem.invalidate_cache()
    return answer | {"after": below(filesystem.find(start))}


def by_parts() -> dict[str, Any]:
    """A large file up, down, and longer by a little."""
    name = f"{root}/large.bin"
    filesystem.put(large, name, chunksize=8 * 2**20)
    filesystem.get(name, "back.bin")
    with filesystem.open(name, "ab") as file:
        file.write(b" more")
    size = 5 * 2**20
    with (
        filesystem.open(f"{root}/written.bin", "wb", block_size=size) as file,
        Path(large).open("rb") as source,
    ):
        while piece := source.read(size):
            file.write(piece)
    return {"etag": filesystem.info(f"{root}/written.bin")["ETag"]}


def versions() -> dict[str, Any]:
    """Read an older one by its id."""
    name = f"{root}/version.txt"
    filesystem.pipe(name, b"first")
    filesystem.pipe(name, b"second")
    aware = type(filesystem)(version_aware=True, **filesystem.storage_options)
    listed = aware.object_version_info(name)
    oldest = next(each["VersionId"] for each in listed if not each["IsLatest"])
    with aware.open(name, "rb", version_id=oldest) as file:
        return {"count": len(listed), "oldest": file.read().decode()}


def address() -> dict[str, Any]:
    """Presign, for a client that knows nothing of S3."""
    filesystem.pipe(f"{root}/signed.txt", b"signed")
    with urlopen(filesystem.sign(f"{root}/signed.txt")) as answer:  # noqa: S310 - http
        return {"body": answer.read().decode()}


def refused() -> dict[str, Any]:
    """Another's folder, in every way."""
    theirs = f"{others}/private.txt"
    return {
        "ls": told(lambda: filesystem.ls(others)),
        "pipe": told(lambda: filesystem.pipe(theirs, b"mine")),
        "copy": told(lambda: filesystem.copy(theirs, f"{root}/stolen.txt")),
        "rm": told(lambda: filesystem.rm_file(theirs)),
        "cat": told(lambda: filesystem.cat(theirs)),
    }


work = [text, tree, by_parts, versions, address, refused]
json.dump({each.__name__: each() for each in work}, sys.stdout)
