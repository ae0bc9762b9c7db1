-- Keys of the class uncertain-expired: listed with their reason, left alone.
SELECT
  replace(replace(url_encode(stack.key), '%2F', '/'), '~', '%7E') AS key,
  coalesce(stack.wanted_version_id, stack.version_id_at_p) AS version_id,
  'a lifecycle rule may have removed the version that was current at the point in time' AS reason,
  stack.natural_class AS would_be,
  strftime(stack.wanted_last_modified, '%Y-%m-%dT%H:%M:%SZ') AS last_modified,
  stack.wanted_size AS size,
  stack.wanted_storage_class AS storage_class,
  stack.current_version_id AS current_version_id
FROM "classified" AS stack
WHERE stack.class = 'uncertain-expired'
ORDER BY stack.key
