"""A signed-in person, as other people's clients come to know them."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

_SECONDS = 60


@dataclass(frozen=True)
class Person:
    """A session's keys, where they are used, and whose folder they open."""

    endpoint: str
    region: str
    bucket: str
    folder: str
    """Without the slash, as `docs/clients.md` has it."""
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    home: Path
    """Where their programs run, and keep what they keep."""

    @classmethod
    def of(cls, session: dict[str, Any], home: Path) -> "Person":
        """Read the portal's answer to a page that asks for the session."""
        return cls(
            endpoint=session["endpoint"],
            region=session["region"],
            bucket=session["bucket"],
            folder=session["folder"].rstrip("/"),
            home=home,
            **session["credentials"],
        )

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of ours: no proxies, no profiles, no certificates."""
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "BUCKET": self.bucket,
            "FOLDER": self.folder,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def begin(self, command: list[str], **extra: str) -> subprocess.Popen[str]:
        """Start a program, and do not wait."""
        return subprocess.Popen(
            command,
            cwd=self.home,
            env=self.environment | extra,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: list[str], **extra: str) -> str:
        """Run a program that must succeed; answers what it printed."""
        done = self._ended(command, extra)
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def fail(self, command: list[str], **extra: str) -> str:
        """Run a program that must not succeed; answers all that it said."""
        done = self._ended(command, extra)
        assert done.returncode != 0, f"{command} was let in:\n{done.stdout}"
        return done.stdout + done.stderr

    def log(self, command: list[str], **extra: str) -> str:
        """Run a program; answers all that it said, however it ended."""
        done = self._ended(command, extra)
        return done.stdout + done.stderr

    def _ended(
        self, command: list[str], extra: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.home,
            env=self.environment | extra,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    def s3(self) -> Any:
        """An unchanged boto3 client: the second opinion on what others did."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            aws_session_token=self.session_token,
            config=Config(retries={"max_attempts": 1}, signature_version="s3v4"),
        )

    def url(self, path: str = "") -> str:
        """An `s3://` address in the folder."""
        return f"s3://{self.bucket}/{self.folder}/{path}"

    def put(self, path: str, body: bytes) -> str:
        """Store a document by boto3; answers its version."""
        key = f"{self.folder}/{path}"
        put = self.s3().put_object(Bucket=self.bucket, Key=key, Body=body)
        return str(put["VersionId"])

    def read(self, path: str) -> bytes:
        """Read a document by boto3."""
        key = f"{self.folder}/{path}"
        body = self.s3().get_object(Bucket=self.bucket, Key=key)["Body"]
        return bytes(body.read())

    def names(self, path: str) -> set[str]:
        """What is under a path of the folder, listed by boto3, without the path."""
        start = f"{self.folder}/{path}"
        pages = self.s3().get_paginator("list_objects_v2")
        return {
            entry["Key"].removeprefix(start)
            for page in pages.paginate(Bucket=self.bucket, Prefix=start)
            for entry in page.get("Contents", ())
        }

    def versions(self, path: str) -> list[dict[str, Any]]:
        """The versions of one document, the newest first."""
        key = f"{self.folder}/{path}"
        answer = self.s3().list_object_versions(Bucket=self.bucket, Prefix=key)
        return list(answer.get("Versions", ()))
