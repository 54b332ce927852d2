"""The decision: every requirement of a request, against every policy."""

from collections.abc import Callable, Iterable, Mapping

from securecart.iam.authorizer import Authorizer
from securecart.names.errors import AccessDenied
from securecart.names.principal import Principal
from securecart.policy import Policy
from securecart.s3 import Bucket, Buckets, Required, keeps_out
from securecart.s3.errors import NoSuchBucket
from securecart.serve.gateway.scoreboard import Word


def find_bucket(buckets: Buckets, name: str | None) -> Bucket | None:
    """Answer the bucket, None if there is none of that name."""
    if name is None:
        return None
    try:
        return buckets.get(name)
    except NoSuchBucket:
        return None


class Guard:
    """Decides by the caller's policies and the bucket's."""

    def __init__(
        self,
        authorizer: Authorizer,
        buckets: Buckets,
        *,
        account: str,
        count: Callable[[Word], None],
    ) -> None:
        """`count` is told of each decision."""
        self._authorizer = authorizer
        self._buckets = buckets
        self._account = account
        self._count = count

    def require(
        self,
        principal: Principal,
        requirements: Iterable[Required],
        context: Mapping[str, str],
        *,
        created: bool = False,
    ) -> None:
        """Let a request pass if everything it requires is allowed.

        Whether a bucket exists is told only to who may use it. `created`
        says that it need not.

        Raises:
            AccessDenied: with the first requirement that is not, in AWS's
                words.
            NoSuchBucket: it is allowed, but the bucket is not there.
        """
        missing = False
        for requirement in requirements:
            bucket = find_bucket(self._buckets, requirement.bucket)
            try:
                self._require(principal, requirement, context, bucket)
            except AccessDenied:
                self._count(Word.DENIED)
                raise
            self._count(Word.ALLOWED)
            missing = missing or (bucket is None and requirement.bucket is not None)
        if missing and not created:
            raise NoSuchBucket

    def policies(self, principal: Principal, bucket: str) -> list[Policy]:
        """Answer every policy that bears on what somebody does in a bucket."""
        layers = self._authorizer.layers_for(principal)
        policies = [*layers.identity, *(layers.session or ())]
        if layers.boundary is not None:
            policies.append(layers.boundary)
        found = find_bucket(self._buckets, bucket)
        if found is not None and found.policy is not None:
            policies.append(found.policy)
        return policies

    def allows(
        self, principal: Principal, requirement: Required, context: Mapping[str, str]
    ) -> bool:
        """Say whether one thing would be allowed."""
        try:
            self.require(principal, (requirement,), context)
        except (AccessDenied, NoSuchBucket):
            return False
        return True

    def _require(
        self,
        principal: Principal,
        requirement: Required,
        context: Mapping[str, str],
        bucket: Bucket | None,
    ) -> None:
        account = self._account if bucket is None else bucket.account
        if (
            bucket is not None
            and principal.account != bucket.account
            and keeps_out(bucket, principal)
        ):
            raise AccessDenied("Access Denied")
        self._authorizer.require(
            principal,
            requirement.action,
            requirement.resource,
            {**context, **requirement.context, "s3:resourceaccount": account},
            resource_account=account,
            resource_policy=None if bucket is None else bucket.policy,
        )
