-- Undo of scenario 4, one row a key: add a delete marker again, if the entry that the removal exposes is
-- still current. Columns as in a manifest; current_version_id is the exposed entry.
SELECT
  'example-bucket' AS bucket,
  replace(replace(url_encode(stack.key), '%2F', '/'), '~', '%7E') AS key,
  CAST(NULL AS varchar) AS version_id,
  coalesce(stack.wanted_version_id, stack.version_id_at_p) AS current_version_id,
  stack.wanted_size AS size,
  stack.wanted_storage_class AS storage_class
FROM "classified" AS stack
WHERE stack.class = 'remove-delete-markers'
ORDER BY stack.key
