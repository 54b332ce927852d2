"""The S3 gateway: every request is verified, decided and recorded here.

Floor 5. An `asyncio.Protocol` over httptools; uses `wire`, `s3`, `policy`,
`iam`, `kms`, `sts` and `trail`, and reaches the store through the `Upstream`
port. Requests for IAM, STS and KMS that arrive on the same listener are
handed on whole to the API.
"""
