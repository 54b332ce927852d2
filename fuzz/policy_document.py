"""Policy documents: whatever the text, a policy or MalformedPolicyDocument."""

from securecart.policy import MalformedPolicyDocument, PolicyKind, parse_policy

SEEDS = [
    (
        b'{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow",'
        b'"Action":["s3:GetObject","s3:Put*"],"Resource":'
        b'"arn:aws:s3:::docs/${aws:userid}/*","Condition":{"StringLike":'
        b'{"s3:prefix":"${aws:PrincipalTag/x, \'none\'}/*"}}}]}'
    ),
    (
        b'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":'
        b'{"AWS":"111122223333"},"NotAction":"s3:*","NotResource":"*","Condition":'
        b'{"ForAnyValue:IpAddressIfExists":{"aws:SourceIp":["10.0.0.0/8","::1"]},'
        b'"DateLessThan":{"aws:CurrentTime":"2025-01-01T00:00:00Z"},'
        b'"NumericEquals":{"s3:max-keys":1e3},"BinaryEquals":{"x:y":"QUJD"},'
        b'"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"},"Null":{"x:y":true}}}}'
    ),
    (
        b'{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":'
        b'{"Federated":"arn:aws:iam::111122223333:oidc-provider/localhost:8081"},'
        b'"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":'
        b'{"localhost:8081:aud":"portal"}}}]}'
    ),
]


def one(data: bytes) -> None:
    """Parse the bytes as every kind of policy."""
    text = data.decode("utf-8", "surrogateescape")
    for kind in PolicyKind:
        try:
            parse_policy(text, kind)
        except MalformedPolicyDocument as error:
            # The message goes into a response: it must be text that can.
            error.message.encode()
