-- Scenario 5a: Restore from archive, then copy to the destination. Columns: bucket, key, version_id, current_version_id, size, storage_class.
SELECT
  'example-bucket' AS bucket,
  replace(replace(url_encode(stack.key), '%2F', '/'), '~', '%7E') AS key,
  stack.wanted_version_id AS version_id,
  stack.current_version_id,
  stack.wanted_size AS size,
  stack.wanted_storage_class AS storage_class
FROM "classified" AS stack
WHERE stack.class = 'copy-after-restore'
ORDER BY stack.key
