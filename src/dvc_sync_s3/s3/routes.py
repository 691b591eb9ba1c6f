"""How each S3 operation looks on the wire: method, resource, `?query` words and headers, name.

Source: the HTTP bindings of https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

TABLE = """
GET    service ListBuckets
GET    bucket  ListObjects
GET    bucket  ?abac GetBucketAbac
GET    bucket  ?accelerate GetBucketAccelerateConfiguration
GET    bucket  ?acl GetBucketAcl
GET    bucket  ?analytics ListBucketAnalyticsConfigurations
GET    bucket  ?analytics ?id GetBucketAnalyticsConfiguration
GET    bucket  ?cors GetBucketCors
GET    bucket  ?encryption GetBucketEncryption
GET    bucket  ?intelligent-tiering ListBucketIntelligentTieringConfigurations
GET    bucket  ?intelligent-tiering ?id GetBucketIntelligentTieringConfiguration
GET    bucket  ?inventory ListBucketInventoryConfigurations
GET    bucket  ?inventory ?id GetBucketInventoryConfiguration
GET    bucket  ?lifecycle GetBucketLifecycleConfiguration
GET    bucket  ?list-type=2 ListObjectsV2
GET    bucket  ?location GetBucketLocation
GET    bucket  ?logging GetBucketLogging
GET    bucket  ?metadataConfiguration GetBucketMetadataConfiguration
GET    bucket  ?metadataTable GetBucketMetadataTableConfiguration
GET    bucket  ?metrics ListBucketMetricsConfigurations
GET    bucket  ?metrics ?id GetBucketMetricsConfiguration
GET    bucket  ?notification GetBucketNotificationConfiguration
GET    bucket  ?object-lock GetObjectLockConfiguration
GET    bucket  ?ownershipControls GetBucketOwnershipControls
GET    bucket  ?policy GetBucketPolicy
GET    bucket  ?policyStatus GetBucketPolicyStatus
GET    bucket  ?publicAccessBlock GetPublicAccessBlock
GET    bucket  ?replication GetBucketReplication
GET    bucket  ?requestPayment GetBucketRequestPayment
GET    bucket  ?session CreateSession
GET    bucket  ?tagging GetBucketTagging
GET    bucket  ?uploads ListMultipartUploads
GET    bucket  ?versioning GetBucketVersioning
GET    bucket  ?versions ListObjectVersions
GET    bucket  ?website GetBucketWebsite
HEAD   bucket  HeadBucket
PUT    bucket  CreateBucket
PUT    bucket  ?abac PutBucketAbac
PUT    bucket  ?accelerate PutBucketAccelerateConfiguration
PUT    bucket  ?acl PutBucketAcl
PUT    bucket  ?analytics ?id PutBucketAnalyticsConfiguration
PUT    bucket  ?cors PutBucketCors
PUT    bucket  ?encryption PutBucketEncryption
PUT    bucket  ?intelligent-tiering ?id PutBucketIntelligentTieringConfiguration
PUT    bucket  ?inventory ?id PutBucketInventoryConfiguration
PUT    bucket  ?lifecycle PutBucketLifecycleConfiguration
PUT    bucket  ?logging PutBucketLogging
PUT    bucket  ?metadataAnnotationTable UpdateBucketMetadataAnnotationTableConfiguration
PUT    bucket  ?metadataInventoryTable UpdateBucketMetadataInventoryTableConfiguration
PUT    bucket  ?metadataJournalTable UpdateBucketMetadataJournalTableConfiguration
PUT    bucket  ?metrics ?id PutBucketMetricsConfiguration
PUT    bucket  ?notification PutBucketNotificationConfiguration
PUT    bucket  ?object-lock PutObjectLockConfiguration
PUT    bucket  ?ownershipControls PutBucketOwnershipControls
PUT    bucket  ?policy PutBucketPolicy
PUT    bucket  ?publicAccessBlock PutPublicAccessBlock
PUT    bucket  ?replication PutBucketReplication
PUT    bucket  ?requestPayment PutBucketRequestPayment
PUT    bucket  ?tagging PutBucketTagging
PUT    bucket  ?versioning PutBucketVersioning
PUT    bucket  ?website PutBucketWebsite
POST   bucket  PostObject
POST   bucket  ?delete DeleteObjects
POST   bucket  ?metadataConfiguration CreateBucketMetadataConfiguration
POST   bucket  ?metadataTable CreateBucketMetadataTableConfiguration
DELETE bucket  DeleteBucket
DELETE bucket  ?analytics ?id DeleteBucketAnalyticsConfiguration
DELETE bucket  ?cors DeleteBucketCors
DELETE bucket  ?encryption DeleteBucketEncryption
DELETE bucket  ?intelligent-tiering ?id DeleteBucketIntelligentTieringConfiguration
DELETE bucket  ?inventory ?id DeleteBucketInventoryConfiguration
DELETE bucket  ?lifecycle DeleteBucketLifecycle
DELETE bucket  ?metadataConfiguration DeleteBucketMetadataConfiguration
DELETE bucket  ?metadataTable DeleteBucketMetadataTableConfiguration
DELETE bucket  ?metrics ?id DeleteBucketMetricsConfiguration
DELETE bucket  ?ownershipControls DeleteBucketOwnershipControls
DELETE bucket  ?policy DeleteBucketPolicy
DELETE bucket  ?publicAccessBlock DeletePublicAccessBlock
DELETE bucket  ?replication DeleteBucketReplication
DELETE bucket  ?tagging DeleteBucketTagging
DELETE bucket  ?website DeleteBucketWebsite
GET    object  GetObject
GET    object  ?acl GetObjectAcl
GET    object  ?annotation ListObjectAnnotations
GET    object  ?annotation ?annotationName GetObjectAnnotation
GET    object  ?attributes GetObjectAttributes
GET    object  ?legal-hold GetObjectLegalHold
GET    object  ?retention GetObjectRetention
GET    object  ?tagging GetObjectTagging
GET    object  ?torrent GetObjectTorrent
GET    object  ?uploadId ListParts
HEAD   object  HeadObject
PUT    object  PutObject
PUT    object  ?acl PutObjectAcl
PUT    object  ?annotation ?annotationName PutObjectAnnotation
PUT    object  ?encryption UpdateObjectEncryption
PUT    object  ?legal-hold PutObjectLegalHold
PUT    object  ?partNumber ?uploadId UploadPart
PUT    object  ?partNumber ?uploadId x-amz-copy-source UploadPartCopy
PUT    object  ?renameObject x-amz-rename-source RenameObject
PUT    object  ?retention PutObjectRetention
PUT    object  ?tagging PutObjectTagging
PUT    object  x-amz-copy-source CopyObject
POST   object  ?restore RestoreObject
POST   object  ?select ?select-type=2 SelectObjectContent
POST   object  ?uploadId CompleteMultipartUpload
POST   object  ?uploads CreateMultipartUpload
DELETE object  DeleteObject
DELETE object  ?annotation ?annotationName DeleteObjectAnnotation
DELETE object  ?tagging DeleteObjectTagging
DELETE object  ?uploadId AbortMultipartUpload
"""
