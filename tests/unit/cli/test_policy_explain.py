"""`securecart policy explain`: why, in words."""

import json
import re
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from securecart.cli.main import main

ACCOUNT = "111122223333"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Employee/ab"
BUCKET = "arn:aws:s3:::docs"
OWN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ListOwnFolder",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": BUCKET,
            "Condition": {"StringLike": {"s3:prefix": "${aws:userid}/*"}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"},
    ],
}
PLAIN = {
    "Statement": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
}


def explained(**fields: Any) -> list[str]:
    """The sentences for one line."""
    line = {
        "principal": SESSION,
        "action": "s3:ListBucket",
        "resource": BUCKET,
        "identity_policies": OWN,
        **fields,
    }
    result = CliRunner().invoke(main, ["policy", "explain"], input=json.dumps(line))
    assert result.exit_code == 0, result.output
    return [one.strip() for one in result.stdout.splitlines()][1:]


def test_the_condition_that_failed_and_the_value_it_met() -> None:
    """Variables are shown with their values; other actions are counted."""
    context = {"aws:userid": "AROA:abc", "s3:prefix": "AROA:ab", "aws:SourceIp": "::1"}
    near, others, verdict = explained(context=context)
    assert near == (
        "Statement ListOwnFolder of identity policy 1 would allow s3:ListBucket, but "
        's3:prefix is "AROA:ab", which is not like "AROA:abc/*" (from '
        '"${aws:userid}/*").'
    )
    assert others == "1 other statement of the identity policy speaks of other actions."
    assert verdict == (
        f"Denied, since no identity policy allows s3:ListBucket on {BUCKET}. "
        "Statement ListOwnFolder of identity policy 1 would, if s3:prefix were like "
        '"AROA:abc/*" (from "${aws:userid}/*").'
    )


def test_what_is_missing_is_named_as_missing() -> None:
    """Both the key that a condition asks for and one that a variable does."""
    assert "but s3:prefix is missing." in explained(context={"aws:userid": "a:ab"})[0]
    first = explained(context={"s3:prefix": "a"})[0]
    assert '"${aws:userid}/*" (aws:userid is missing)' in first


def test_a_deny_says_what_it_met() -> None:
    """And that nothing outweighs it."""
    told = explained(
        context={"aws:SecureTransport": False, "s3:prefix": "a:ab/"},
        resource_policy=PLAIN,
    )
    assert told[0] == (
        "Statement 1 of the resource policy denies it, since aws:SecureTransport is "
        '"false".'
    )
    assert told[-1] == (
        "Denied by statement 1 of the resource policy, and no Allow outweighs a Deny. "
        "It would take another aws:SecureTransport, or a change to that statement."
    )


def test_an_allowed_request_names_what_allows_it() -> None:
    """And what came near to deny it."""
    told = explained(
        action="s3:GetObject",
        resource=f"{BUCKET}/x",
        context={"aws:SecureTransport": True},
        resource_policy=PLAIN,
    )
    assert told[0] == (
        "Statement 1 of the resource policy would deny s3:GetObject, but "
        'aws:SecureTransport is "true", not "false".'
    )
    assert told[-1] == "Allowed by statement 2 of identity policy 1."


def test_a_layer_that_cuts_is_named() -> None:
    """The boundary refuses what the identity policies allow."""
    boundary = {
        "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": f"{BUCKET}/a"}
    }
    told = explained(
        action="s3:GetObject",
        resource=f"{BUCKET}/x",
        permissions_boundaries=[boundary],
    )
    assert "Statement 2 of identity policy 1 allows it." in told
    assert told[-1] == (
        f"Denied, since no permissions boundary allows s3:GetObject on {BUCKET}/x. "
        "Statement 1 of the permissions boundary would, if its Resource covered "
        f"{BUCKET}/x."
    )


def test_trust_and_key_policies_go_by_their_names() -> None:
    """And say whom they name."""
    role = f"arn:aws:iam::{ACCOUNT}:role/Employee"
    other = f"arn:aws:iam::{ACCOUNT}:saml-provider/Other"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": other},
        "Action": "sts:AssumeRoleWithSAML",
    }
    provider = f"arn:aws:iam::{ACCOUNT}:saml-provider/Ours"
    told = explained(
        principal=provider,
        action="sts:AssumeRoleWithSAML",
        resource=role,
        identity_policies=None,
        resource_policy={"Statement": statement},
    )
    assert told[0] == (
        "Statement 1 of the trust policy would allow sts:AssumeRoleWithSAML, but its "
        f"Principal is {other}, not {provider}."
    )
    key = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": "kms:*",
        "Resource": "*",
    }
    told = explained(
        action="kms:Decrypt",
        resource=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
        resource_policy={"Statement": key},
    )
    assert told[0] == (
        "Statement 1 of the key policy allows it to the account, whose own policies "
        "must allow it as well."
    )


def test_keys_that_no_policy_names_are_not_shown() -> None:
    """Whoever reads the words learns nothing else of the request."""
    secret = {"aws:userid": "a:ab", "s3:prefix": "x", "s3:x-amz-acl": "hush"}
    assert "hush" not in " ".join(explained(context=secret))


def test_a_value_cannot_forge_a_line() -> None:
    """Control characters are escaped and long values cut."""
    told = explained(context={"aws:userid": "a:ab", "s3:prefix": "x\nAllowed\x1b[1m"})
    assert r's3:prefix is "x\nAllowed\x1b[1m"' in told[0]
    long = explained(context={"aws:userid": "a:ab", "s3:prefix": "y" * 10_000})
    assert max(map(len, long)) < 1_000


def test_the_statements_that_decided_are_told_of_a_thousand() -> None:
    """The others are counted; no sentence grows with a policy."""
    wide = {f"aws:PrincipalTag/{'t' * 50}{n}": "x" for n in range(100)}
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": f"{BUCKET}/other"}
    widest = {**allow, "Condition": {"StringEquals": wide}}
    far = {**allow, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    near = {**allow, "Sid": "Near"}
    deny = {"Sid": "Last", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    for last, told in (
        (deny, "Statement Last of identity policy 1 denies it."),
        (near, "Statement Near of identity policy 1 would allow s3:ListBucket, but "),
    ):
        many = [widest, *[far] * 500, last]
        lines = explained(identity_policies={"Statement": many})
        assert "… and 482 more statements of the identity policy." in lines
        assert len(lines) == 22
        assert max(map(len, lines)) == 1_024
        assert any(line.startswith(told) for line in lines)


def test_the_same_as_data() -> None:
    """`--json` gives the findings beside the sentences."""
    line = {
        "principal": SESSION,
        "action": "s3:ListBucket",
        "resource": BUCKET,
        "context": {"aws:userid": "a:ab", "s3:prefix": "x"},
        "identity_policies": OWN,
    }
    result = CliRunner().invoke(
        main, ["policy", "explain", "--json"], input=f"{json.dumps(line)}\n[]\n"
    )
    told, wrong = map(json.loads, result.stdout.splitlines())
    (layer,) = told["layers"]
    (statement,) = layer["near"]
    assert statement["unmet"] == [
        {
            "element": "Condition",
            "operator": "StringLike",
            "key": "s3:prefix",
            "wanted": [{"text": "${aws:userid}/*", "value": "a:ab/*", "missing": []}],
            "actual": ["x"],
            "held": False,
        }
    ]
    assert (told["refused_by"], layer["other_statements"]) == ("identity", 1)
    assert wrong == {"error": "line 2: no JSON object"}
    assert result.exit_code == 1


def test_the_documents_show_what_the_command_says() -> None:
    """The request and its explanation, as administrators read them."""
    text = (Path(__file__).parents[3] / "docs" / "administration.md").read_text()
    section = text.partition("## Try a policy")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    shown = dict(blocks)
    results = []
    for command in shown["sh"].splitlines():
        program, *arguments, _file = command.split()
        results.append(CliRunner().invoke(main, arguments, input=shown["json"]))
        assert (program, results[-1].exit_code) == ("securecart", 0)
    assert results[-1].stdout == shown["text"]
