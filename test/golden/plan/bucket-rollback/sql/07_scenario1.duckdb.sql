-- Scenario 1: Add a delete marker. Columns: bucket, key, version_id, current_version_id, size, storage_class.
SELECT
  'example-bucket' AS bucket,
  replace(replace(url_encode(stack.key), '%2F', '/'), '~', '%7E') AS key,
  CAST(NULL AS varchar) AS version_id,
  stack.current_version_id,
  stack.current_size AS size,
  stack.current_storage_class AS storage_class
FROM "classified" AS stack
WHERE stack.class = 'add-delete-marker'
ORDER BY stack.key
