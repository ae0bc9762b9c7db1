-- Scenario 2: Remove delete markers. Columns: bucket, key, version_id, current_version_id, size, storage_class, exposed_version_id.
SELECT
  'example-bucket' AS bucket,
  replace(replace(url_encode(marker.key), '%2F', '/'), '~', '%7E') AS key,
  marker.version_id,
  stack.current_version_id,
  CAST(NULL AS bigint) AS size,
  CAST(NULL AS varchar) AS storage_class,
  stack.wanted_version_id AS exposed_version_id
FROM (
  SELECT *, last_modified > TIMESTAMP '2025-08-22 11:01:00' AS is_after, last_modified AS recency FROM "changed"
) AS marker
JOIN "classified" AS stack ON marker.key = stack.key
WHERE stack.class = 'remove-delete-markers' AND marker.is_delete_marker AND marker.is_after
ORDER BY marker.key, marker.is_latest DESC, marker.recency DESC, marker.version_id
