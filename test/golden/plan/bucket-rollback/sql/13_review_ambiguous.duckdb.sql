-- Keys of the class ambiguous: listed with their reason, left alone.
SELECT
  replace(replace(url_encode(stack.key), '%2F', '/'), '~', '%7E') AS key,
  coalesce(stack.wanted_version_id, stack.version_id_at_p) AS version_id,
  'two entries of one second, and nothing tells which of them was on top' AS reason,
  stack.natural_class AS would_be,
  strftime(stack.wanted_last_modified, '%Y-%m-%dT%H:%M:%SZ') AS last_modified,
  stack.wanted_size AS size,
  stack.wanted_storage_class AS storage_class,
  stack.current_version_id AS current_version_id
FROM "classified" AS stack
WHERE stack.class = 'ambiguous'
ORDER BY stack.key
