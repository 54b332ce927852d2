"""What a request must not do: every action that could reach another's folder.

What is not known to be harmless is not. So an action that is newer than the
lists below counts as one that reaches everybody's documents.

Source: Service Authorization Reference, pages of Amazon S3, AWS KMS, AWS IAM
and AWS STS; Amazon S3 User Guide, "Access point ARNs".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from securecart.names.arn import Arn
from securecart.policy import Effect, Policy
from securecart.policy.casing import ascii_lower
from securecart.policy.catalogue import SERVICES, AccessLevel, Action
from securecart.policy.wildcard import Wild
from securecart.proof.arn_pattern import Resource
from securecart.proof.deployment import Deployment
from securecart.proof.document import Case
from securecart.proof.principals import Asker
from securecart.proof.variables import Symbols
from securecart.proof.wildcard import Language, Search

_LISTINGS: Final = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})
# They tell how the bucket or the account is set up, and of no document.
# GetDataAccess and GetStorageLensDashboard are not among them: one hands out
# credentials, the other counts by prefixes.
_HARMLESS_NAMES: Final = (
    "s3:DescribeJob s3:DescribeMultiRegionAccessPointOperation "
    "s3:GetAccelerateConfiguration s3:GetAccessGrant s3:GetAccessGrantsInstance "
    "s3:GetAccessGrantsInstanceForPrefix "
    "s3:GetAccessGrantsInstanceResourcePolicy s3:GetAccessGrantsLocation "
    "s3:GetAccessPoint s3:GetAccessPointConfigurationForObjectLambda "
    "s3:GetAccessPointForObjectLambda s3:GetAccessPointPolicy "
    "s3:GetAccessPointPolicyForObjectLambda s3:GetAccessPointPolicyStatus "
    "s3:GetAccessPointPolicyStatusForObjectLambda s3:GetAccountPublicAccessBlock "
    "s3:GetAnalyticsConfiguration s3:GetBucketAbac s3:GetBucketAcl "
    "s3:GetBucketCORS s3:GetBucketLocation s3:GetBucketLogging "
    "s3:GetBucketMetadataTableConfiguration s3:GetBucketNotification "
    "s3:GetBucketObjectLockConfiguration s3:GetBucketOwnershipControls "
    "s3:GetBucketPolicy s3:GetBucketPolicyStatus s3:GetBucketPublicAccessBlock "
    "s3:GetBucketRequestPayment s3:GetBucketTagging s3:GetBucketVersioning "
    "s3:GetBucketWebsite s3:GetEncryptionConfiguration "
    "s3:GetIntelligentTieringConfiguration s3:GetInventoryConfiguration "
    "s3:GetJobTagging s3:GetLifecycleConfiguration s3:GetMetricsConfiguration "
    "s3:GetMultiRegionAccessPoint s3:GetMultiRegionAccessPointPolicy "
    "s3:GetMultiRegionAccessPointPolicyStatus s3:GetMultiRegionAccessPointRoutes "
    "s3:GetReplicationConfiguration s3:GetStorageLensConfiguration "
    "s3:GetStorageLensConfigurationTagging s3:GetStorageLensGroup "
    "s3:ListAccessGrants s3:ListAccessGrantsInstances "
    "s3:ListAccessGrantsLocations s3:ListAccessPoints "
    "s3:ListAccessPointsForObjectLambda s3:ListAllMyBuckets "
    "s3:ListCallerAccessGrants s3:ListJobs s3:ListMultiRegionAccessPoints "
    "s3:ListStorageLensConfigurations s3:ListStorageLensGroups "
    "s3:ListTagsForResource "
    # Without the object there is nothing to decrypt: S3 gives its encrypted
    # data key to nobody.
    "kms:CreateCustomKeyStore kms:CreateKey kms:Decrypt kms:DeriveSharedSecret "
    "kms:DescribeCustomKeyStores kms:DescribeKey kms:Encrypt "
    "kms:GenerateDataKey kms:GenerateDataKeyPair "
    "kms:GenerateDataKeyPairWithoutPlaintext kms:GenerateDataKeyWithoutPlaintext "
    "kms:GenerateMac kms:GenerateRandom kms:GetKeyLastUsage kms:GetKeyPolicy "
    "kms:GetKeyRotationStatus kms:GetParametersForImport kms:GetPublicKey "
    "kms:ListAliases kms:ListGrants kms:ListKeyPolicies kms:ListKeyRotations "
    "kms:ListKeys kms:ListResourceTags kms:ListRetirableGrants "
    "kms:ReEncryptFrom kms:ReEncryptTo kms:Sign kms:Verify kms:VerifyMac "
    # To assume roles is to come to other sessions, which are examined too.
    "sts:AssumeRole sts:AssumeRoleWithSAML sts:AssumeRoleWithWebIdentity "
    "sts:DecodeAuthorizationMessage sts:GetAccessKeyInfo sts:GetCallerIdentity "
    "sts:GetFederationToken sts:GetServiceBearerToken sts:GetSessionToken "
    "sts:GetWebIdentityToken sts:SetSourceIdentity sts:TagGetWebIdentityToken "
    "sts:TagSession"
)
_HARMLESS: Final = frozenset(_HARMLESS_NAMES.split())
_READING: Final = frozenset({AccessLevel.READ, AccessLevel.LIST})
# What a reader understands at once, where one of many actions is to be shown.
_PLAIN: Final = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:PutBucketPolicy")


class Harm(IntEnum):
    """What a request would do; what is said first is shown first."""

    OBJECT = 0
    LISTING = 1
    BUCKET = 2
    KEY = 3
    PERMISSIONS = 4

    @property
    def words(self) -> str:
        """What that means to the owner of a folder."""
        return _WORDS[self]


_WORDS: Final = {
    Harm.OBJECT: "reads or changes a document in another's folder",
    Harm.LISTING: "lists what is in another's folder",
    Harm.BUCKET: "reveals or changes something for everybody's documents",
    Harm.KEY: "changes the key that everybody's documents are encrypted with",
    Harm.PERMISSIONS: "changes who may do what, everybody's documents included",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Requests that harm alike.

    The word that is asked about is the resource's sixth segment, or the value
    of `s3:prefix` where `lists`; the harm is done where it is of the
    `language`. `policy` is the resource's own.
    """

    harm: Harm
    actions: tuple[str, ...]
    resource: Resource
    language: Language
    policy: Policy | None = None
    lists: bool = False
    owner_decides: bool = False

    def case(self, asker: Asker, search: Search) -> Case:
        """One who asks for it, by the first of the actions."""
        action = ascii_lower(self.actions[0])
        return Case(asker, action, self.resource, search, lists=self.lists)


def harmful_actions(policies: Iterable[Policy]) -> tuple[Action, ...]:
    """Every action that can do harm, those that only the policies know too."""
    known = [action for named in SERVICES.values() for action in named.values()]
    unknown = {
        ascii_lower(text): Action(
            text, AccessLevel.WRITE, _EVERY_KIND[ascii_lower(text)[:3]], frozenset()
        )
        for policy in policies
        for statement in policy.statements
        if statement.effect is Effect.ALLOW and not statement.actions.excluded
        for text in statement.actions.texts
        if _is_unknown(text)
    }
    return tuple(
        sorted(
            (each for each in (*known, *unknown.values()) if not _is_harmless(each)),
            key=_plainness,
        )
    )


# What an action that is not known could be about, by its service.
_EVERY_KIND: Final = {
    "s3:": ("object", "bucket", "other"),
    "kms": ("key",),
    "iam": ("other",),
    "sts": ("other",),
}


def _is_unknown(text: str) -> bool:
    vendor, _, name = ascii_lower(text).partition(":")
    named = SERVICES.get(vendor)
    return named is not None and not set(name) & set("*?") and name not in named


def _is_harmless(action: Action) -> bool:
    reads = action.name.startswith("iam:") and action.level in _READING
    return reads or action.name in _HARMLESS


def _plainness(action: Action) -> tuple[int, str]:
    place = _PLAIN.index(action.name) if action.name in _PLAIN else len(_PLAIN)
    return place, action.name


def kinds_of(action: Action) -> tuple[str, ...]:
    """The kinds of targets that an action has."""
    vendor, types = action.name.partition(":")[0].lower(), action.resource_types
    if action.name in _LISTINGS:
        return ("listing",)
    if vendor == "kms" and "key" in types:
        return ("key",)
    if not types:
        return (f"nothing in {vendor}",)
    kinds: list[str] = [each for each in ("object", "bucket") if each in types]
    if vendor != "s3" or not {"object", "bucket", "accesspointobject"} >= set(types):
        kinds.append(f"anything in {vendor}")
    return tuple(kinds)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Makes targets of the kinds of an action."""

    deployment: Deployment

    @property
    def _arn(self) -> Arn:
        return Arn.parse(self.deployment.roles[0].arn)

    def of_folder(
        self, kind: str, actions: tuple[str, ...], folder: Symbols
    ) -> Iterator[Target]:
        """What must not be done to one person's folder."""
        policy = self.deployment.bucket_policy
        here = ("arn", self._arn.partition, "s3", "", "")
        points = ("arn", self._arn.partition, "s3", None, self._arn.account)
        if kind == "object":
            for head, start in (
                (here, (f"{self.deployment.bucket}/",)),
                (points, ("accesspoint/", Wild.ANY, "/object/")),
            ):
                tail = (*start, *folder, Wild.ANY)
                yield Target(
                    Harm.OBJECT, actions, Resource(head, tail), Language(tail), policy
                )
        elif kind == "listing":
            bucket = Resource(here, (self.deployment.bucket,))
            beginnings = Language((*folder, Wild.ANY), beginnings=True)
            yield Target(Harm.LISTING, actions, bucket, beginnings, policy, lists=True)
            yield Target(Harm.LISTING, actions, bucket, Language(bucket.tail), policy)

    def of_everybody(self, kind: str, actions: tuple[str, ...]) -> Iterator[Target]:
        """What must not be done, whoever is harmed by it."""
        vendor = kind.rpartition(" ")[2]
        harm = {"s3": Harm.BUCKET, "kms": Harm.KEY}.get(vendor, Harm.PERMISSIONS)
        partition, account = self._arn.partition, self._arn.account
        if kind == "bucket":
            resource = Resource(
                ("arn", partition, "s3", "", ""), (self.deployment.bucket,)
            )
            yield Target(
                Harm.BUCKET,
                actions,
                resource,
                Language(resource.tail),
                self.deployment.bucket_policy,
            )
        elif kind == "key":
            for key in self.deployment.keys:
                resource = Resource.literal(key.arn)
                yield Target(
                    Harm.KEY,
                    actions,
                    resource,
                    Language(resource.tail),
                    key.policy,
                    owner_decides=True,
                )
        elif kind.startswith("nothing"):
            resource = Resource.literal("*")
            yield Target(harm, actions, resource, Language(resource.tail))
        elif kind.startswith("anything"):
            region = None if vendor == "s3" else ""
            head = ("arn", partition, vendor, region, account)
            resource = Resource(head, (Wild.ONE, Wild.ANY))
            yield Target(harm, actions, resource, Language(resource.tail))
