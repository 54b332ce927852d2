"""What a bucket here cannot have: answered as by AWS where it is not set up.

Tools ask for all of it before they do anything. Setting it up is refused.

Source: Amazon S3 API Reference, the pages of the operations.
"""

from collections.abc import Mapping

from securecart.s3.errors import (
    NoSuchConfiguration,
    NoSuchTagSet,
    NoSuchWebsiteConfiguration,
    ReplicationConfigurationNotFoundError,
    S3Error,
)
from securecart.s3.xml import Content, write_document

_NO_MORE: Content = {"IsTruncated": "false"}

NOT_CONFIGURED: Mapping[str, bytes | type[S3Error]] = {
    "DeleteBucketReplication": b"",
    "DeleteBucketTagging": b"",
    "DeleteBucketWebsite": b"",
    "GetBucketAbac": write_document("AbacStatus", {"Status": "Disabled"}),
    "GetBucketAccelerateConfiguration": write_document("AccelerateConfiguration", {}),
    "GetBucketAnalyticsConfiguration": NoSuchConfiguration,
    "GetBucketIntelligentTieringConfiguration": NoSuchConfiguration,
    "GetBucketInventoryConfiguration": NoSuchConfiguration,
    "GetBucketLogging": write_document("BucketLoggingStatus", {}),
    "GetBucketMetricsConfiguration": NoSuchConfiguration,
    "GetBucketNotificationConfiguration": write_document(
        "NotificationConfiguration", {}
    ),
    "GetBucketReplication": ReplicationConfigurationNotFoundError,
    "GetBucketRequestPayment": write_document(
        "RequestPaymentConfiguration", {"Payer": "BucketOwner"}
    ),
    "GetBucketTagging": NoSuchTagSet,
    "GetBucketWebsite": NoSuchWebsiteConfiguration,
    "ListBucketAnalyticsConfigurations": write_document(
        "ListBucketAnalyticsConfigurationResult", _NO_MORE
    ),
    "ListBucketIntelligentTieringConfigurations": write_document(
        "ListBucketIntelligentTieringConfigurationsOutput", _NO_MORE
    ),
    "ListBucketInventoryConfigurations": write_document(
        "ListInventoryConfigurationsResult", _NO_MORE
    ),
    "ListBucketMetricsConfigurations": write_document(
        "ListMetricsConfigurationsResult", _NO_MORE
    ),
}
"""By operation: the document, the error, or nothing where nothing is to delete."""
