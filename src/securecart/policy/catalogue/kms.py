"""The actions of AWS KMS.

Source: Service Authorization Reference, "Actions, resources, and condition
keys for AWS Key Management Service"; AWS KMS API Reference for the newest.
"""

from securecart.policy.catalogue.action import AccessLevel, actions

_READ = AccessLevel.READ
_LIST = AccessLevel.LIST
_WRITE = AccessLevel.WRITE
_PERMISSIONS = AccessLevel.PERMISSIONS
_TAGGING = AccessLevel.TAGGING
_CALL = "calleraccount viaservice"
_CONTEXT = "encryptionalgorithm encryptioncontext: encryptioncontextkeys"
_SPEC = "keyorigin keyspec keyusage multiregion multiregionkeytype"
_OF_RESOURCES = {
    "key": f"{_SPEC} customermasterkeyspec customermasterkeyusage resourcealiases",
}

ACTIONS = actions(
    "kms",
    _OF_RESOURCES,
    (
        (_READ, "", "calleraccount", "DescribeCustomKeyStores"),
        (_READ, "key", _CALL, "GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus"),
        (_READ, "key", f"{_CALL} requestalias", "DescribeKey GetPublicKey"),
        (
            _READ,
            "key",
            f"{_CALL} wrappingalgorithm wrappingkeyspec",
            "GetParametersForImport",
        ),
        (_LIST, "", "", "ListAliases ListKeys ListRetirableGrants"),
        (_LIST, "key", _CALL, "ListKeyPolicies ListKeyRotations ListResourceTags"),
        (_LIST, "key", f"{_CALL} grantisforawsresource", "ListGrants"),
        (
            _WRITE,
            "",
            "calleraccount",
            (
                "ConnectCustomKeyStore CreateCustomKeyStore DeleteCustomKeyStore "
                "DisconnectCustomKeyStore UpdateCustomKeyStore"
            ),
        ),
        (_WRITE, "", "recipientattestation:", "GenerateRandom"),
        (_WRITE, "", f"{_CALL} {_SPEC} bypasspolicylockoutsafetycheck", "CreateKey"),
        (_WRITE, "alias key", _CALL, "CreateAlias DeleteAlias UpdateAlias"),
        (_WRITE, "key", "", "SynchronizeMultiRegionKey"),
        (
            _WRITE,
            "key",
            _CALL,
            (
                "CancelKeyDeletion DeleteImportedKeyMaterial DisableKeyRotation "
                "EnableKey RotateKeyOnDemand UpdateKeyDescription"
            ),
        ),
        (_WRITE, "key", f"{_CALL} requestalias", "Decapsulate Encapsulate"),
        (_WRITE, "key", f"{_CALL} primaryregion", "UpdatePrimaryRegion"),
        (_WRITE, "key", f"{_CALL} replicaregion", "ReplicateKey"),
        (_WRITE, "key", f"{_CALL} rotationperiodindays", "EnableKeyRotation"),
        (_WRITE, "key", f"{_CALL} expirationmodel validto", "ImportKeyMaterial"),
        (
            _WRITE,
            "key",
            f"{_CALL} {_CONTEXT} requestalias",
            "Encrypt GenerateDataKeyWithoutPlaintext",
        ),
        (_WRITE, "key", f"{_CALL} macalgorithm requestalias", "GenerateMac VerifyMac"),
        (_WRITE, "key", f"{_CALL} trailingdayswithoutkeyusage", "DisableKey"),
        (
            _WRITE,
            "key",
            f"{_CALL} {_CONTEXT} datakeypairspec requestalias",
            "GenerateDataKeyPairWithoutPlaintext",
        ),
        (
            _WRITE,
            "key",
            f"{_CALL} messagetype requestalias signingalgorithm",
            "Sign Verify",
        ),
        (
            _WRITE,
            "key",
            f"{_CALL} {_CONTEXT} reencryptonsamekey requestalias",
            "ReEncryptFrom ReEncryptTo",
        ),
        (
            _WRITE,
            "key",
            f"{_CALL} {_CONTEXT} recipientattestation: requestalias",
            "Decrypt GenerateDataKey",
        ),
        (
            _WRITE,
            "key",
            f"{_CALL} keyagreementalgorithm recipientattestation: requestalias",
            "DeriveSharedSecret",
        ),
        (
            _WRITE,
            "key",
            f"{_CALL} {_CONTEXT} datakeypairspec recipientattestation: requestalias",
            "GenerateDataKeyPair",
        ),
        (
            _WRITE,
            "key",
            (
                f"{_CALL} schedulekeydeletionpendingwindowindays "
                "trailingdayswithoutkeyusage"
            ),
            "ScheduleKeyDeletion",
        ),
        (_PERMISSIONS, "key", f"{_CALL} grantisforawsresource", "RevokeGrant"),
        (
            _PERMISSIONS,
            "key",
            f"{_CALL} bypasspolicylockoutsafetycheck",
            "PutKeyPolicy",
        ),
        (
            _PERMISSIONS,
            "key",
            f"{_CALL} encryptioncontext: encryptioncontextkeys grantconstrainttype",
            "RetireGrant",
        ),
        (
            _PERMISSIONS,
            "key",
            (
                f"{_CALL} encryptioncontext: encryptioncontextkeys "
                "grantconstraintsourcearn grantconstrainttype granteeprincipal "
                "granteeserviceprincipal grantisforawsresource grantoperations "
                "retiringprincipal retiringserviceprincipal"
            ),
            "CreateGrant",
        ),
        (_TAGGING, "key", _CALL, "TagResource UntagResource"),
    ),
)
