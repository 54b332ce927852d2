"""What S3 answers when it does not do what was asked.

Codes and messages from the Amazon S3 API Reference, "Error responses".
"""

from typing import ClassVar

from securecart.names.errors import ServiceError


class S3Error(ServiceError):
    """An error of S3; each has the sentence that AWS says with it."""

    sentence: ClassVar[str]

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.sentence)


class AccessControlListNotSupported(S3Error):
    """An ACL was sent to a bucket that has none."""

    code = "AccessControlListNotSupported"
    sentence = "The bucket does not allow ACLs"


class AccessForbidden(S3Error):
    """No CORS rule covers a preflight request."""

    code = "AccessForbidden"
    sentence = (
        "CORSResponse: This CORS request is not allowed. This is usually because "
        "the evalution of Origin, request method / Access-Control-Request-Method "
        "or Access-Control-Request-Headers are not whitelisted by the resource's "
        "CORS spec."
    )


class BucketAlreadyExists(S3Error):
    """The name belongs to another account."""

    code = "BucketAlreadyExists"
    sentence = (
        "The requested bucket name is not available. The bucket namespace is shared "
        "by all users of the system. Please select a different name and try again."
    )


class BucketAlreadyOwnedByYou(S3Error):
    """The name belongs to a bucket of this account."""

    code = "BucketAlreadyOwnedByYou"
    sentence = (
        "Your previous request to create the named bucket succeeded and you already "
        "own it."
    )


class BucketNotEmpty(S3Error):
    """A bucket with objects in it cannot be deleted."""

    code = "BucketNotEmpty"
    sentence = "The bucket you tried to delete is not empty"


class IllegalLocationConstraintException(S3Error):
    """The bucket was asked for in another region than the endpoint's."""

    code = "IllegalLocationConstraintException"
    sentence = (
        "The specified location constraint is incompatible for the region specific "
        "endpoint this request was sent to."
    )


class InvalidArgument(S3Error):
    """A parameter or header has a value that it cannot have."""

    code = "InvalidArgument"
    sentence = "Invalid Argument"


class EntityTooSmall(S3Error):
    """Less than the form's policy wants."""

    code = "EntityTooSmall"
    sentence = "Your proposed upload is smaller than the minimum allowed size"


class InvalidBucketName(S3Error):
    """The name breaks the rules for buckets."""

    code = "InvalidBucketName"
    sentence = "The specified bucket is not valid."


class InvalidBucketState(S3Error):
    """What was asked does not go with how the bucket is set up."""

    code = "InvalidBucketState"
    sentence = "The request is not valid with the current state of the bucket."


class InvalidPolicyDocument(S3Error):
    """The policy of a form cannot be read."""

    code = "InvalidPolicyDocument"
    sentence = "The content of the form does not meet the conditions specified"


class InvalidRequest(S3Error):
    """A document is well formed and says what it must not."""

    code = "InvalidRequest"
    sentence = "Invalid Request"


class InvalidURI(S3Error):
    """The request target is not one."""

    code = "InvalidURI"
    sentence = "Couldn't parse the specified URI."


class KeyTooLongError(S3Error):
    """A key of more than 1,024 bytes."""

    code = "KeyTooLongError"
    sentence = "Your key is too long"


class MalformedPolicy(S3Error):
    """A bucket policy that is refused."""

    code = "MalformedPolicy"
    sentence = "This policy contains invalid Json"


class MalformedXML(S3Error):
    """A body that is not the document the operation wants."""

    code = "MalformedXML"
    sentence = (
        "The XML you provided was not well-formed or did not validate against our "
        "published schema"
    )


class MetadataTooLarge(S3Error):
    """More user metadata than S3 keeps."""

    code = "MetadataTooLarge"
    sentence = "Your metadata headers exceed the maximum allowed metadata size"


class MethodNotAllowed(S3Error):
    """The resource is there, but not for this method."""

    code = "MethodNotAllowed"
    sentence = "The specified method is not allowed against this resource."


class NoSuchBucket(S3Error):
    """There is no bucket of this name."""

    code = "NoSuchBucket"
    sentence = "The specified bucket does not exist"


class NoSuchBucketPolicy(S3Error):
    """The bucket has no policy."""

    code = "NoSuchBucketPolicy"
    sentence = "The bucket policy does not exist"


class NoSuchCORSConfiguration(S3Error):
    """The bucket has no CORS rules."""

    code = "NoSuchCORSConfiguration"
    sentence = "The CORS configuration does not exist"


class NoSuchConfiguration(S3Error):
    """The bucket has no configuration of this id."""

    code = "NoSuchConfiguration"
    sentence = "The specified configuration does not exist."


class NoSuchKey(S3Error):
    """There is no object of this key."""

    code = "NoSuchKey"
    sentence = "The specified key does not exist."


class NoSuchLifecycleConfiguration(S3Error):
    """The bucket has no lifecycle."""

    code = "NoSuchLifecycleConfiguration"
    sentence = "The lifecycle configuration does not exist"


class NoSuchPublicAccessBlockConfiguration(S3Error):
    """The bucket has no public access block."""

    code = "NoSuchPublicAccessBlockConfiguration"
    sentence = "The public access block configuration was not found"


class NoSuchTagSet(S3Error):
    """The bucket has no tags."""

    code = "NoSuchTagSet"
    sentence = "The TagSet does not exist"


class NoSuchWebsiteConfiguration(S3Error):
    """The bucket is no website."""

    code = "NoSuchWebsiteConfiguration"
    sentence = "The specified bucket does not have a website configuration"


class NotImplementedHere(S3Error):
    """Something that is asked for, and that we do not do: never ignored."""

    code = "NotImplemented"
    sentence = "A header you provided implies functionality that is not implemented"


class OwnershipControlsNotFoundError(S3Error):
    """The bucket has no ownership controls."""

    code = "OwnershipControlsNotFoundError"
    sentence = "The bucket ownership controls were not found"


class ReplicationConfigurationNotFoundError(S3Error):
    """The bucket is not replicated."""

    code = "ReplicationConfigurationNotFoundError"
    sentence = "The replication configuration was not found"


class ServerSideEncryptionConfigurationNotFoundError(S3Error):
    """The bucket has no default encryption."""

    code = "ServerSideEncryptionConfigurationNotFoundError"
    sentence = "The server side encryption configuration was not found"
