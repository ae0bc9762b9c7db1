-- Keys of the class uncertain-expired: listed with their reason, left alone.
CREATE TABLE "rb_example_bucket_20250822t110100z_fac6daab"."review_uncertain_expired"
WITH (format = 'TEXTFILE', field_delimiter = ',', write_compression = 'NONE', bucketed_by = ARRAY['key'], bucket_count = 1) AS
SELECT
  replace(replace(replace(replace(url_encode(stack.key), '+', '%20'), '*', '%2A'), '%2F', '/'), '~', '%7E') AS key,
  coalesce(stack.wanted_version_id, stack.version_id_at_p) AS version_id,
  'a lifecycle rule may have removed the version that was current at the point in time' AS reason,
  stack.natural_class AS would_be,
  date_format(stack.wanted_last_modified, '%Y-%m-%dT%H:%i:%sZ') AS last_modified,
  stack.wanted_size AS size,
  stack.wanted_storage_class AS storage_class,
  stack.current_version_id AS current_version_id
FROM "rb_example_bucket_20250822t110100z_fac6daab"."classified" AS stack
WHERE stack.class = 'uncertain-expired'
ORDER BY stack.key
