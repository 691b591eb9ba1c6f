"""What S3 answers when it refuses: code → status and message, and which exception means which code.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from dvc_sync_s3.failures import explained
from dvc_sync_s3.store.errors import BucketNotEmpty, IndexReplaced, NoSuchBucket, NoSuchPart, NoSuchUpload

ERRORS: Mapping[str, tuple[int, str]] = {
    "AccessControlListNotSupported": (400, "The bucket does not allow ACLs: everything is private to its owner."),
    "AccessDenied": (403, "Access Denied"),
    "AccessForbidden": (403, "CORS does not allow this request."),
    "AuthorizationHeaderMalformed": (400, "The authorization header is malformed."),
    "AuthorizationQueryParametersError": (400, "The query parameters that sign this request are malformed."),
    "BadDigest": (400, "The checksum you specified did not match what we received."),
    "BadRequest": (400, "Bad request."),
    "BucketAlreadyExists": (409, "The requested bucket name is not available: choose another one."),
    "BucketAlreadyOwnedByYou": (409, "The bucket you tried to create already exists, and you own it."),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty"),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed size"),
    "EntityTooSmall": (400, "Your proposed upload is smaller than the minimum allowed size"),
    "IncompleteBody": (400, "You did not provide the number of bytes specified by the Content-Length HTTP header"),
    "IncorrectNumberOfFilesInPostRequest": (400, "POST requires exactly one file upload per request."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "InvalidAccessKeyId": (403, "The AWS Access Key Id you provided does not exist in our records."),
    "InvalidArgument": (400, "Invalid argument."),
    "InvalidBucketAclWithObjectOwnership": (
        400,
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting.",
    ),
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "InvalidChunkSizeError": (400, "The size of a chunk is not valid."),
    "InvalidDigest": (400, "The Content-MD5 you specified was invalid."),
    "InvalidLocationConstraint": (400, "The specified location constraint is not valid."),
    "InvalidPart": (400, "One or more of the specified parts could not be found, or its ETag did not match."),
    "InvalidPartNumber": (416, "The requested part number is not satisfiable."),
    "InvalidPartOrder": (400, "The list of parts was not in ascending order."),
    "InvalidPolicyDocument": (400, "The policy of the form is not valid."),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "InvalidRequest": (400, "Invalid request."),
    "InvalidStorageClass": (400, "The storage class you specified is not valid."),
    "InvalidTag": (400, "A tag is not valid."),
    "InvalidURI": (400, "The URI could not be parsed."),
    "KeyTooLongError": (400, "Your key is too long"),
    "MalformedACLError": (400, "The XML you provided is not an access control list that can be put."),
    "MalformedPOSTRequest": (400, "The body of your POST request is not well-formed multipart/form-data."),
    "MalformedPolicy": (400, "The policy is not valid."),
    "MalformedTrailerError": (400, "The trailer of the body is malformed."),
    "MalformedXML": (400, "The XML you provided was not well-formed or did not validate against our published schema."),
    "MaxMessageLengthExceeded": (400, "Your request was too large."),
    "MaxPostPreDataLengthExceeded": (400, "Your POST request fields preceding the upload file were too large."),
    "MetadataTooLarge": (400, "Your metadata headers exceed the maximum allowed metadata size"),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "MissingContentLength": (411, "You must provide the Content-Length HTTP header."),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchBucketPolicy": (404, "The bucket policy does not exist"),
    "NoSuchCORSConfiguration": (404, "The CORS configuration does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchLifecycleConfiguration": (404, "The lifecycle configuration does not exist"),
    "NoSuchPublicAccessBlockConfiguration": (404, "The public access block configuration was not found"),
    "NoSuchTagSet": (404, "The TagSet does not exist"),
    "NoSuchUpload": (404, "The specified upload does not exist: it may have been completed or aborted."),
    "NoSuchVersion": (404, "The specified version does not exist: this service keeps no versions."),
    "NoSuchWebsiteConfiguration": (404, "The specified bucket does not have a website configuration"),
    "NotImplemented": (501, "This operation is not implemented."),
    "ObjectLockConfigurationNotFoundError": (404, "Object Lock configuration does not exist for this bucket."),
    "OperationAborted": (409, "The object was changed meanwhile. Please try again."),
    "OwnershipControlsNotFoundError": (404, "The bucket ownership controls were not found."),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold"),
    "ReplicationConfigurationNotFoundError": (404, "The replication configuration was not found."),
    "RequestHeaderSectionTooLarge": (400, "The headers of the request are larger than a request's may be."),
    "RequestIsNotMultiPartContent": (400, "Bucket POST must be of the enclosure-type multipart/form-data."),
    "RequestTimeTooSkewed": (403, "The difference between the request time and the current time is too large."),
    "RequestTimeout": (400, "The body did not arrive within the timeout period."),
    "ServerSideEncryptionConfigurationNotFoundError": (404, "The server side encryption configuration was not found."),
    "ServiceUnavailable": (503, "The data folder can't be written right now. Please try again."),
    "SignatureDoesNotMatch": (
        403,
        (
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method."
        ),
    ),
    "UnresolvableGrantByEmailAddress": (400, "The email address you provided does not match any account on record."),
    "XAmzContentSHA256Mismatch": (400, "The 'x-amz-content-sha256' header does not match what was received."),
}


Extras = tuple[tuple[str, str], ...]


class S3Error(Exception):
    """Refuse a request with one of AWS's codes; `message` replaces the table's, `headers` join the answer.

    `extras` are the elements that the error document has beside code and message: name and text.
    """

    def __init__(
        self, code: str, message: str = "", headers: Mapping[str, str] | None = None, extras: Extras = ()
    ) -> None:
        self.code = code
        self.status, default = ERRORS[code]
        self.message = message or default
        self.headers = dict(headers or {})
        self.extras = extras
        super().__init__(f"{code}: {self.message}")


class ClientGone(Exception):
    """The client closed the connection before its request was complete: there is nobody to answer."""


_CODES: Mapping[type[Exception], str] = {
    BucketNotEmpty: "BucketNotEmpty",
    NoSuchBucket: "NoSuchBucket",
    NoSuchPart: "InvalidPart",
    NoSuchUpload: "NoSuchUpload",
}
"""What the store refuses."""


def as_s3_error(error: Exception) -> S3Error:
    """Say which code an exception from below means; whatever is not foreseen is an `InternalError`."""
    match error:
        case S3Error():
            return error
        case _ if type(error) in _CODES:
            return S3Error(_CODES[type(error)])
        case IndexReplaced():
            return S3Error("ServiceUnavailable", "The index was removed or replaced; start the service again.")
        case OSError() | sqlite3.Error() if reason := explained(error, "The data folder"):
            return S3Error("ServiceUnavailable", f"{reason}. Please try again.")
        case _:
            return S3Error("InternalError")
