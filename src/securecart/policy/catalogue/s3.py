"""The actions of Amazon S3.

Source: Service Authorization Reference, "Actions, resources, and condition
keys for Amazon S3".
"""

from securecart.policy.catalogue.action import AccessLevel, actions

_READ = AccessLevel.READ
_LIST = AccessLevel.LIST
_WRITE = AccessLevel.WRITE
_PERMISSIONS = AccessLevel.PERMISSIONS
_TAGGING = AccessLevel.TAGGING
_UNHASHED = "authtype resourceaccount signatureage signatureversion tlsversion"
_GRANTS = (
    "x-amz-acl x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp "
    "x-amz-grant-write x-amz-grant-write-acp"
)
_SSE = "x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id"
_HOLD = "object-lock-event-hold object-lock-event-hold-duration-days"
_RETENTION = (
    "object-lock-mode object-lock-remaining-retention-days "
    "object-lock-retain-until-date"
)
_TAGS = "requestobjecttag/ requestobjecttagkeys"
_VIA_POINT = "accesspointnetworkorigin dataaccesspointaccount dataaccesspointarn"
_COPY = (
    "x-amz-copy-source x-amz-metadata-directive "
    "x-amz-server-side-encryption-customer-algorithm x-amz-storage-class "
    "x-amz-website-redirect-location"
)
_CALL = f"{_UNHASHED} x-amz-content-sha256"
_OF_RESOURCES = {
    "accesspoint": f"{_VIA_POINT} accesspointtag/",
    "accesspointobject": f"{_VIA_POINT} accesspointtag/ buckettag/",
    "bucket": "buckettag/",
    "object": "buckettag/",
}

ACTIONS = actions(
    "s3",
    _OF_RESOURCES,
    (
        (_READ, "", _CALL, "GetAccountPublicAccessBlock"),
        (_READ, "", f"{_CALL} {_VIA_POINT} accesspointtag/", "GetAccessPoint"),
        (_READ, "accessgrant", f"{_CALL} accessgrantscope", "GetAccessGrant"),
        (
            _READ,
            "accessgrantsinstance",
            _CALL,
            (
                "GetAccessGrantsInstance GetAccessGrantsInstanceForPrefix "
                "GetAccessGrantsInstanceResourcePolicy GetDataAccess"
            ),
        ),
        (
            _READ,
            "accessgrantslocation",
            f"{_CALL} accessgrantslocationscope",
            "GetAccessGrantsLocation",
        ),
        (
            _READ,
            "accesspoint",
            _CALL,
            "GetAccessPointPolicy GetAccessPointPolicyStatus",
        ),
        (
            _READ,
            "accesspoint bucket",
            _CALL,
            (
                "GetBucketAcl GetBucketCORS GetBucketLocation GetBucketNotification "
                "GetBucketPolicy"
            ),
        ),
        (
            _READ,
            "accesspointobject object",
            _CALL,
            "GetObjectLegalHold GetObjectRetention",
        ),
        (
            _READ,
            "accesspointobject object",
            f"{_CALL} existingobjecttag/",
            "GetObjectAnnotation GetObjectAttributes GetObjectTagging",
        ),
        (
            _READ,
            "accesspointobject object",
            f"{_CALL} existingobjecttag/ versionid",
            (
                "GetObjectVersionAnnotation GetObjectVersionAttributes "
                "GetObjectVersionTagging"
            ),
        ),
        (
            _READ,
            "accesspointobject object",
            f"{_CALL} accessgrantsinstancearn existingobjecttag/",
            "GetObject GetObjectAcl",
        ),
        (
            _READ,
            "accesspointobject object",
            f"{_CALL} accessgrantsinstancearn existingobjecttag/ versionid",
            "GetObjectVersion GetObjectVersionAcl",
        ),
        (
            _READ,
            "bucket",
            _CALL,
            (
                "GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac "
                "GetBucketLogging GetBucketMetadataTableConfiguration "
                "GetBucketOwnershipControls GetBucketPolicyStatus "
                "GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging "
                "GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration "
                "GetIntelligentTieringConfiguration GetInventoryConfiguration "
                "GetLifecycleConfiguration GetMetricsConfiguration "
                "GetReplicationConfiguration"
            ),
        ),
        (_READ, "bucket", _UNHASHED, "GetBucketObjectLockConfiguration"),
        (
            _READ,
            "bucket",
            "deliverysourcearn logtype resourcearnbeingauthorized",
            "AllowVendedLogDeliveryForResource",
        ),
        (_READ, "job", _CALL, "DescribeJob GetJobTagging"),
        (
            _READ,
            "multiregionaccesspoint",
            f"{_UNHASHED} {_VIA_POINT}",
            (
                "GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy "
                "GetMultiRegionAccessPointPolicyStatus "
                "GetMultiRegionAccessPointRoutes"
            ),
        ),
        (
            _READ,
            "multiregionaccesspointrequestarn",
            _UNHASHED,
            "DescribeMultiRegionAccessPointOperation",
        ),
        (
            _READ,
            "object",
            _CALL,
            (
                "GetObjectTorrent GetObjectVersionAnnotationForReplication "
                "GetObjectVersionForReplication"
            ),
        ),
        (_READ, "object", f"{_CALL} versionid", "GetObjectVersionTorrent"),
        (
            _READ,
            "objectlambdaaccesspoint",
            f"{_CALL} {_VIA_POINT}",
            (
                "GetAccessPointConfigurationForObjectLambda "
                "GetAccessPointForObjectLambda GetAccessPointPolicyForObjectLambda "
                "GetAccessPointPolicyStatusForObjectLambda"
            ),
        ),
        (
            _READ,
            "storagelensconfiguration",
            _CALL,
            (
                "GetStorageLensConfiguration GetStorageLensConfigurationTagging "
                "GetStorageLensDashboard"
            ),
        ),
        (_READ, "storagelensgroup", _CALL, "GetStorageLensGroup"),
        (
            _LIST,
            "",
            _CALL,
            (
                "ListAccessGrantsInstances ListAccessPoints "
                "ListAccessPointsForObjectLambda ListAllMyBuckets ListJobs "
                "ListStorageLensConfigurations ListStorageLensGroups"
            ),
        ),
        (_LIST, "", _UNHASHED, "ListMultiRegionAccessPoints"),
        (
            _LIST,
            (
                "accessgrant accessgrantsinstance accessgrantslocation accesspoint "
                "bucket storagelensgroup"
            ),
            _CALL,
            "ListTagsForResource",
        ),
        (
            _LIST,
            "accessgrantsinstance",
            _CALL,
            "ListAccessGrants ListAccessGrantsLocations ListCallerAccessGrants",
        ),
        (
            _LIST,
            "accesspoint bucket",
            f"{_CALL} accessgrantsinstancearn delimiter max-keys prefix",
            "ListBucket ListBucketVersions",
        ),
        (
            _LIST,
            "accesspointobject object",
            f"{_CALL} accessgrantsinstancearn",
            "ListMultipartUploadParts",
        ),
        (
            _LIST,
            "accesspointobject object",
            f"{_CALL} annotation-prefix existingobjecttag/ max-annotation-results",
            "ListObjectAnnotations",
        ),
        (
            _LIST,
            "accesspointobject object",
            (
                f"{_CALL} annotation-prefix existingobjecttag/ max-annotation-results "
                "versionid"
            ),
            "ListObjectVersionAnnotations",
        ),
        (
            _LIST,
            "bucket",
            f"{_CALL} {_VIA_POINT} accessgrantsinstancearn accesspointtag/",
            "ListBucketMultipartUploads",
        ),
        (_WRITE, "", _CALL, "CreateStorageLensGroup PutStorageLensConfiguration"),
        (_WRITE, "", f"{_CALL} requestjoboperation requestjobpriority", "CreateJob"),
        (_WRITE, "accesspoint", _CALL, "DeleteAccessPoint"),
        (
            _WRITE,
            "accesspoint",
            f"{_CALL} locationconstraint x-amz-acl",
            "CreateAccessPoint",
        ),
        (_WRITE, "accesspointobject object", _CALL, "RestoreObject"),
        (
            _WRITE,
            "accesspointobject object",
            f"{_CALL} {_HOLD} {_RETENTION}",
            "PutObjectRetention",
        ),
        (
            _WRITE,
            "accesspointobject object",
            f"{_CALL} object-lock-legal-hold",
            "PutObjectLegalHold",
        ),
        (
            _WRITE,
            "accesspointobject object",
            f"{_CALL} accessgrantsinstancearn",
            "AbortMultipartUpload",
        ),
        (
            _WRITE,
            "accesspointobject object",
            f"{_CALL} {_SSE} existingobjecttag/",
            "UpdateObjectEncryption",
        ),
        (
            _WRITE,
            "accesspointobject object",
            f"{_CALL} accessgrantsinstancearn if-match",
            "DeleteObject",
        ),
        (
            _WRITE,
            "accesspointobject object",
            f"{_CALL} accessgrantsinstancearn versionid",
            "DeleteObjectVersion",
        ),
        (
            _WRITE,
            "accesspointobject object",
            f"{_CALL} existingobjecttag/ x-amz-object-if-match",
            "DeleteObjectAnnotation PutObjectAnnotation",
        ),
        (
            _WRITE,
            "accesspointobject object",
            f"{_CALL} existingobjecttag/ versionid x-amz-object-if-match",
            "DeleteObjectVersionAnnotation PutObjectVersionAnnotation",
        ),
        (
            _WRITE,
            "accesspointobject object",
            (
                f"{_CALL} {_GRANTS} {_SSE} {_HOLD} {_RETENTION} {_TAGS} {_COPY} "
                "accessgrantsinstancearn if-match if-none-match "
                "object-lock-legal-hold objectcreationoperation "
                "x-amz-object-annotation-directive"
            ),
            "PutObject",
        ),
        (
            _WRITE,
            "bucket",
            _CALL,
            (
                "CreateBucketMetadataTableConfiguration DeleteBucket "
                "DeleteBucketMetadataTableConfiguration DeleteBucketWebsite "
                "PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAbac "
                "PutBucketCORS PutBucketLogging PutBucketNotification "
                "PutBucketRequestPayment PutBucketVersioning PutBucketWebsite "
                "PutEncryptionConfiguration PutIntelligentTieringConfiguration "
                "PutLifecycleConfiguration PutMetricsConfiguration "
                "UpdateBucketMetadataAnnotationTableConfiguration "
                "UpdateBucketMetadataInventoryTableConfiguration "
                "UpdateBucketMetadataJournalTableConfiguration"
            ),
        ),
        (_WRITE, "bucket", _UNHASHED, "PutBucketObjectLockConfiguration"),
        (_WRITE, "bucket", f"{_CALL} destinationregion", "PauseReplication"),
        (
            _WRITE,
            "bucket",
            f"{_CALL} isreplicationpauserequest",
            "PutReplicationConfiguration",
        ),
        (
            _WRITE,
            "bucket",
            f"{_CALL} inventoryaccessibleoptionalfields",
            "PutInventoryConfiguration",
        ),
        (
            _WRITE,
            "bucket",
            (
                f"{_CALL} {_GRANTS} locationconstraint x-amz-bucket-namespace "
                "x-amz-object-ownership"
            ),
            "CreateBucket",
        ),
        (
            _WRITE,
            "job",
            f"{_CALL} existingjoboperation existingjobpriority jobsuspendedcause",
            "UpdateJobStatus",
        ),
        (
            _WRITE,
            "job",
            f"{_CALL} existingjoboperation existingjobpriority requestjobpriority",
            "UpdateJobPriority",
        ),
        (
            _WRITE,
            "multiregionaccesspoint",
            f"{_UNHASHED} {_VIA_POINT}",
            (
                "CreateMultiRegionAccessPoint DeleteMultiRegionAccessPoint "
                "SubmitMultiRegionAccessPointRoutes"
            ),
        ),
        (_WRITE, "object", _CALL, "ReplicateDelete ReplicateObjectAnnotation"),
        (_WRITE, "object", "resourceaccount", "InitiateReplication"),
        (
            _WRITE,
            "object",
            f"{_CALL} {_SSE} {_HOLD} x-amz-server-side-encryption-customer-algorithm",
            "ReplicateObject",
        ),
        (
            _WRITE,
            "objectlambdaaccesspoint",
            f"{_CALL} {_VIA_POINT}",
            (
                "CreateAccessPointForObjectLambda DeleteAccessPointForObjectLambda "
                "PutAccessPointConfigurationForObjectLambda"
            ),
        ),
        (_WRITE, "storagelensconfiguration", _CALL, "DeleteStorageLensConfiguration"),
        (
            _WRITE,
            "storagelensgroup",
            _CALL,
            "DeleteStorageLensGroup UpdateStorageLensGroup",
        ),
        (_PERMISSIONS, "", "", "PutAccessPointPublicAccessBlock"),
        (_PERMISSIONS, "", _CALL, "PutAccountPublicAccessBlock"),
        (
            _PERMISSIONS,
            "accessgrant",
            f"{_CALL} accessgrantscope",
            "CreateAccessGrant DeleteAccessGrant",
        ),
        (
            _PERMISSIONS,
            "accessgrantsinstance",
            _CALL,
            (
                "AssociateAccessGrantsIdentityCenter CreateAccessGrantsInstance "
                "DeleteAccessGrantsInstance DeleteAccessGrantsInstanceResourcePolicy "
                "DissociateAccessGrantsIdentityCenter "
                "PutAccessGrantsInstanceResourcePolicy"
            ),
        ),
        (
            _PERMISSIONS,
            "accessgrantslocation",
            f"{_CALL} accessgrantslocationscope",
            (
                "CreateAccessGrantsLocation DeleteAccessGrantsLocation "
                "UpdateAccessGrantsLocation"
            ),
        ),
        (_PERMISSIONS, "accesspoint", _CALL, "DeleteAccessPointPolicy"),
        (_PERMISSIONS, "accesspoint", _CALL, "PutAccessPointPolicy"),
        (
            _PERMISSIONS,
            "accesspointobject object",
            f"{_CALL} {_GRANTS} {_SSE} {_TAGS} {_COPY}",
            "BypassGovernanceRetention",
        ),
        (
            _PERMISSIONS,
            "accesspointobject object",
            (
                f"{_CALL} {_GRANTS} accessgrantsinstancearn existingobjecttag/ "
                "x-amz-storage-class"
            ),
            "PutObjectAcl",
        ),
        (
            _PERMISSIONS,
            "accesspointobject object",
            (
                f"{_CALL} {_GRANTS} accessgrantsinstancearn existingobjecttag/ "
                "versionid x-amz-storage-class"
            ),
            "PutObjectVersionAcl",
        ),
        (
            _PERMISSIONS,
            "bucket",
            _CALL,
            (
                "DeleteBucketPolicy PutBucketOwnershipControls PutBucketPolicy "
                "PutBucketPublicAccessBlock"
            ),
        ),
        (_PERMISSIONS, "bucket", f"{_CALL} {_GRANTS}", "PutBucketAcl"),
        (
            _PERMISSIONS,
            "multiregionaccesspoint",
            f"{_UNHASHED} {_VIA_POINT}",
            "PutMultiRegionAccessPointPolicy",
        ),
        (_PERMISSIONS, "object", _CALL, "ObjectOwnerOverrideToBucketOwner"),
        (
            _PERMISSIONS,
            "objectlambdaaccesspoint",
            f"{_CALL} {_VIA_POINT}",
            (
                "DeleteAccessPointPolicyForObjectLambda "
                "PutAccessPointPolicyForObjectLambda"
            ),
        ),
        (
            _TAGGING,
            (
                "accessgrant accessgrantsinstance accessgrantslocation accesspoint "
                "bucket storagelensgroup"
            ),
            _CALL,
            "TagResource UntagResource",
        ),
        (
            _TAGGING,
            "accesspointobject object",
            f"{_CALL} existingobjecttag/",
            "DeleteObjectTagging",
        ),
        (
            _TAGGING,
            "accesspointobject object",
            f"{_CALL} {_TAGS} existingobjecttag/",
            "PutObjectTagging",
        ),
        (
            _TAGGING,
            "accesspointobject object",
            f"{_CALL} existingobjecttag/ versionid",
            "DeleteObjectVersionTagging",
        ),
        (
            _TAGGING,
            "accesspointobject object",
            f"{_CALL} {_TAGS} existingobjecttag/ versionid",
            "PutObjectVersionTagging",
        ),
        (_TAGGING, "bucket", _CALL, "PutBucketTagging"),
        (
            _TAGGING,
            "job",
            f"{_CALL} existingjoboperation existingjobpriority",
            "DeleteJobTagging PutJobTagging",
        ),
        (_TAGGING, "object", _CALL, "ReplicateTags"),
        (
            _TAGGING,
            "storagelensconfiguration",
            _CALL,
            "DeleteStorageLensConfigurationTagging PutStorageLensConfigurationTagging",
        ),
    ),
)
