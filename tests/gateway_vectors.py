"""Replays the cases of `tests/vectors/gateway`; its README has their form.

Requests are signed by botocore and sent as they are, so nothing of ours stands
between a case and the endpoint.
"""

import base64
import hashlib
import http.client
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import quote, unquote_plus, urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from lxml import etree

VECTORS: Final = Path(__file__).parent / "vectors" / "gateway"
_ERROR = 400
_STEP_FIELDS = frozenset(
    "send who headers body sign answer with text elements keep".split()  # noqa: SIM905
)
_CASE_FIELDS = _STEP_FIELDS | {"says", "steps", "leaves"}
_FILE_FIELDS = frozenset({"about", "bucket", "holds", "cases"})


@dataclass(frozen=True)
class Case:
    """One case, with what its file says of all of them."""

    file: str
    says: str
    bucket: list[dict[str, Any]]
    holds: Mapping[str, Any]
    steps: list[dict[str, Any]]
    leaves: Mapping[str, Any] | None


def cases(folder: Path = VECTORS) -> Iterator[Case]:
    """Read every case; a field that has no meaning is an error."""
    for path in sorted(folder.glob("*.json")):
        whole = json.loads(path.read_text())
        _only(whole, _FILE_FIELDS, path.name)
        for case in whole["cases"]:
            _only(case, _CASE_FIELDS, path.name)
            steps = case.get("steps") or [
                {name: case[name] for name in case.keys() & _STEP_FIELDS}
            ]
            for step in (*steps, *whole.get("bucket", ())):
                _only(step, _STEP_FIELDS, path.name)
            yield Case(
                path.stem,
                case["says"],
                whole.get("bucket", []),
                whole.get("holds", {}),
                steps,
                case.get("leaves"),
            )


def _only(found: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = found.keys() - known
    if unknown:
        raise ValueError(f"{where}: {sorted(unknown)} in {found.get('says')}")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of an error, empty if there is none."""
        found = re.search(rb"<Code>([\w.]+)</Code>", self.body)
        return found[1].decode() if found and self.status >= _ERROR else ""

    def elements(self, path: str) -> list[str]:
        """The texts of the elements at a path, whatever their name space."""
        root = etree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", self.body))
        if not path:
            return [root.text or ""]
        return ["".join(map(str, each.itertext())) for each in root.findall(path)]


@dataclass(frozen=True)
class Endpoint:
    """An S3 endpoint, and who asks it."""

    url: str
    region: str
    account: str
    admin: Credentials
    session: Credentials

    def replay(self, case: Case) -> None:
        """Do what a case says; an answer that is another fails."""
        bucket = f"vectors-{secrets.token_hex(8)}"
        values = {
            "bucket": bucket,
            "account": self.account,
            "region": self.region,
            "host": urlsplit(self.url).netloc,
        }
        self._step({"send": "PUT /{bucket}", "answer": "200"}, values)
        for step in case.bucket:
            self._step(step, values)
        for key, body in case.holds.items():
            target = f"PUT /{{bucket}}/{quote(key, safe='/~')}"
            self._step({"send": target, "body": body, "answer": "200"}, values)
        for step in case.steps:
            before = self._keys(bucket)
            answer = self._step(step, values)
            if answer.status >= _ERROR:
                assert self._keys(bucket) == before, "an error changed something"
        if case.leaves is not None:
            assert self._keys(bucket) == sorted(case.leaves)
            for key, body in case.leaves.items():
                target = f"/{bucket}/{quote(key, safe='/~')}"
                assert self.ask("GET", target).body == _body(body, values), key

    def _keys(self, bucket: str) -> list[str]:
        answer = self.ask("GET", f"/{bucket}?encoding-type=url&list-type=2")
        if answer.status >= _ERROR:
            return []
        return sorted(map(unquote_plus, answer.elements("Contents/Key")))

    def _step(self, step: Mapping[str, Any], values: dict[str, str]) -> Answer:
        method, _, target = _filled(step["send"], values).partition(" ")
        sign = {
            name: _filled(value, values) for name, value in step.get("sign", {}).items()
        }
        answer = self.ask(
            method,
            target,
            _filled(step.get("headers", {}), values),
            _body(step.get("body", ""), values),
            who=step.get("who", "admin"),
            sign=sign,
        )
        self._compare(step, answer, values)
        for name, place in step.get("keep", {}).items():
            if place.startswith("<"):
                values[name] = answer.elements(place.strip("<>"))[0]
            else:
                values[name] = answer.headers[place]
        return answer

    def _compare(
        self, step: Mapping[str, Any], answer: Answer, values: Mapping[str, str]
    ) -> None:
        told = f"{step['send']}: {answer}"
        wanted = str(step["answer"])
        if wanted.isdigit() or answer.headers.get("no-body"):
            assert (str(answer.status), answer.code) == (wanted, ""), told
        else:
            assert f"{answer.status} {answer.code}" == wanted, told
        for name, value in step.get("with", {}).items():
            got = answer.headers.get(name)
            assert _fits(got, _filled(value, values)), (name, got, told)
        if "text" in step:
            got = answer.body.decode()
            assert _fits(got, _filled(step["text"], values)), told
        for path, value in step.get("elements", {}).items():
            found = answer.elements(path)
            expected = _filled(value, values)
            if isinstance(expected, list):
                assert len(found) == len(expected), (path, found, told)
                assert all(map(_fits, found, expected)), (path, found, told)
            elif expected is None:
                assert found == [], (path, told)
            else:
                assert len(found) == 1, (path, found, told)
                assert _fits(found[0], expected), (path, found, told)

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        who: str = "admin",
        sign: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Sign a request as it is wanted, send it, and answer the answer."""
        sign = sign or {}
        signed = dict(headers or {})
        if who != "anonymous" and sign.get("in") != "nothing":
            target, signed = self._signed(method, target, signed, body, who, sign)
        signed |= sign.get("unsigned", {})
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in signed.items():
                connection.putheader(name, value.encode())
            if body or method in {"PUT", "POST"}:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            answered = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, answered, response.read())
        finally:
            connection.close()

    def _signed(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes,
        who: str,
        sign: Mapping[str, Any],
    ) -> tuple[str, dict[str, str]]:
        if "as" in sign:
            method, _, signed_target = sign["as"].partition(" ")
        else:
            signed_target = target
        owner = self.session if who == "session" else self.admin
        keys = Credentials(
            sign.get("key", owner.access_key),
            sign.get("secret", owner.secret_key),
            owner.token,
        )
        scope = (sign.get("service", "s3"), sign.get("region", self.region))
        # A presigned address covers no body; botocore would make parameters of it.
        covered = b"" if sign.get("in") == "query" else body
        request = AWSRequest(method, f"{self.url}{signed_target}", headers, covered)
        when = datetime.now(UTC) - timedelta(seconds=sign.get("ago", 0))
        with patch("botocore.auth.get_current_datetime", lambda: when):
            if sign.get("in") == "query":
                S3SigV4QueryAuth(keys, *scope, sign.get("expires", 60)).add_auth(
                    request
                )
            else:
                payload = sign.get("payload", hashlib.sha256(body).hexdigest())
                _Claiming(keys, *scope, payload).add_auth(request)
        old, new = sign.get("replace", ("", ""))
        sent = str(request.url).removeprefix(self.url)
        if "as" in sign:
            _, _, query = sent.partition("X-Amz-Algorithm=")
            joint = "&" if "?" in target else "?"
            sent = f"{target}{joint}X-Amz-Algorithm={query}" if query else target
        lines = {
            name.lower(): value.replace(old, new) if old else value
            for name, value in request.headers.items()
        }
        return (sent.replace(old, new) if old else sent), lines


class _Claiming(S3SigV4Auth):
    """Signs for a payload hash that is given."""

    def __init__(
        self, keys: Credentials, service: str, region: str, payload: str
    ) -> None:
        super().__init__(keys, service, region)
        self._payload = payload

    def payload(self, request: Any) -> str:  # noqa: ARG002 - botocore's signature
        return self._payload


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """Put values in place of their names in braces."""
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    if isinstance(value, dict):
        if value.keys() == {"repeat", "times"}:
            return value["repeat"] * value["times"]
        return {name: _filled(each, values) for name, each in value.items()}
    if not isinstance(value, str):
        return value
    return re.sub(r"\{(\w+)(?: ([^}]*))?\}", lambda found: _value(found, values), value)


def _value(found: "re.Match[str]", values: Mapping[str, str]) -> str:
    name, text = found[1], (found[2] or "").encode()
    if name == "md5":
        digest = hashlib.md5(text, usedforsecurity=False).digest()
        return base64.b64encode(digest).decode()
    if name == "sha256":
        return hashlib.sha256(text).hexdigest()
    return values.get(name, found[0])


def _body(body: Any, values: Mapping[str, str]) -> bytes:
    text: str = _filled(body, values)
    return text.encode()


def _fits(got: str | None, expected: Any) -> bool:
    if expected is None or got is None:
        return got is None and expected is None
    text = str(expected)
    if text.startswith("~"):
        return re.fullmatch(text[1:], got, re.DOTALL) is not None
    return got == text
