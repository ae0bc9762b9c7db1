-- Changed keys whose entries contradict each other: not exactly one current entry, a version ID twice.
SELECT replace(replace(url_encode(key), '%2F', '/'), '~', '%7E') AS key, current_entries, entries - version_ids AS repeated_version_ids, count(*) OVER () AS keys
FROM (
  SELECT
    key,
    count(*) AS entries,
    count_if(is_latest) AS current_entries,
    count(DISTINCT version_id) AS version_ids,
    false AS is_out_of_order
  FROM "changed"
  GROUP BY key
) AS stacks
WHERE current_entries <> 1 OR version_ids <> entries OR is_out_of_order
ORDER BY key
LIMIT 3
