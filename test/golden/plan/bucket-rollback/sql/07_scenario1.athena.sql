-- Scenario 1: Add a delete marker. Columns: bucket, key, version_id, current_version_id, size, storage_class.
CREATE TABLE "rb_example_bucket_20250822t110100z_fac6daab"."scenario1"
WITH (format = 'TEXTFILE', field_delimiter = ',', write_compression = 'NONE', bucketed_by = ARRAY['key'], bucket_count = 1) AS
SELECT
  'example-bucket' AS bucket,
  replace(replace(replace(replace(url_encode(stack.key), '+', '%20'), '*', '%2A'), '%2F', '/'), '~', '%7E') AS key,
  CAST(NULL AS varchar) AS version_id,
  stack.current_version_id,
  stack.current_size AS size,
  stack.current_storage_class AS storage_class
FROM "rb_example_bucket_20250822t110100z_fac6daab"."classified" AS stack
WHERE stack.class = 'add-delete-marker'
ORDER BY stack.key
