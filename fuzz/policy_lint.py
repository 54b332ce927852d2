"""Warnings about policies: whatever parses can be linted, and be shown."""

from securecart.policy import MalformedPolicyDocument, PolicyKind, parse_policy
from securecart.policy.lint import guess_kind, lint

SEEDS = [
    (
        b'{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow",'
        b'"Action":["s3:GetObjct","s3:List*"],"Resource":'
        b'"arn:aws:s3:::*/${aws:username, \'all\'}*","Condition":{"StringLike":'
        b'{"s3:prefix":["","${aws:PrincipalTag/x}"]}}},{"Effect":"Deny",'
        b'"NotAction":"kms:Decrypt","NotResource":"*","Condition":'
        b'{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}'
    ),
    (
        b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":'
        b'{"Federated":"arn:aws:iam::111122223333:oidc-provider/idp.example.com"},'
        b'"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":'
        b'{"sts:RoleSessionName":"${idp.example.com:sub}*"}}},{"Effect":"Allow",'
        b'"Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}'
    ),
    (
        b'{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":'
        b'"arn:aws:sts::111122223333:assumed-role/a/b"},"Action":"s3:DeleteBucket",'
        b'"Resource":"arn:aws:s3:::Docs/${aws:userid}","Condition":'
        b'{"ForAllValues:StringNotEquals":{"aws:Referer":"*","x:y":"z"}}}}'
    ),
]


def one(data: bytes) -> None:
    """Lint the bytes as every kind of policy."""
    text = data.decode("utf-8", "surrogateescape")
    guess_kind(text)
    for kind in PolicyKind:
        try:
            policy = parse_policy(text, kind)
        except MalformedPolicyDocument:
            continue
        for remark in lint(policy):
            f"{remark.place}{remark.text}".encode()
