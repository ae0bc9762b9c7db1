-- Scenario 2: Remove delete markers. Columns: bucket, key, version_id, current_version_id, size, storage_class.
CREATE TABLE "rb_example_bucket_20250822t110100z_fac6daab"."scenario2"
WITH (format = 'TEXTFILE', field_delimiter = ',', write_compression = 'NONE', bucketed_by = ARRAY['key'], bucket_count = 1) AS
SELECT
  'example-bucket' AS bucket,
  replace(replace(replace(replace(url_encode(marker.key), '+', '%20'), '*', '%2A'), '%2F', '/'), '~', '%7E') AS key,
  marker.version_id,
  stack.current_version_id,
  CAST(NULL AS bigint) AS size,
  CAST(NULL AS varchar) AS storage_class
FROM "rb_example_bucket_20250822t110100z_fac6daab"."changed" AS marker
JOIN "rb_example_bucket_20250822t110100z_fac6daab"."classified" AS stack ON marker.key = stack.key
WHERE stack.class = 'remove-delete-markers' AND marker.is_delete_marker AND marker.is_after
ORDER BY marker.key, marker.is_latest DESC, marker.recency DESC, marker.version_id
