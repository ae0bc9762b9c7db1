-- Scenario 2: Remove delete markers. Columns: bucket, key, version_id, current_version_id, size, storage_class, exposed_version_id.
CREATE TABLE "rb_example_bucket_20250822t110100z_fac6daab"."scenario2"
WITH (format = 'TEXTFILE', write_compression = 'NONE', partitioned_by = ARRAY['part']) AS
WITH listed AS (
SELECT
  'example-bucket' AS bucket,
  replace(replace(replace(replace(url_encode(marker.key), '+', '%20'), '*', '%2A'), '%2F', '/'), '~', '%7E') AS key,
  marker.version_id,
  stack.current_version_id,
  CAST(NULL AS bigint) AS size,
  CAST(NULL AS varchar) AS storage_class,
  stack.wanted_version_id AS exposed_version_id,
  marker.key AS sort_key,
  row_number() OVER (PARTITION BY marker.key ORDER BY marker.is_latest DESC, marker.recency DESC, marker.version_id) AS place
FROM (
  SELECT *, last_modified > TIMESTAMP '2025-08-22 11:01:00' AS is_after, last_modified AS recency FROM "rb_example_bucket_20250822t110100z_fac6daab"."changed"
) AS marker
JOIN "rb_example_bucket_20250822t110100z_fac6daab"."classified" AS stack ON marker.key = stack.key
WHERE stack.class = 'remove-delete-markers' AND marker.is_delete_marker AND marker.is_after
),
lines AS (
  SELECT
    sort_key,
    place,
    coalesce(CAST(bucket AS varchar), '') || ',' || coalesce(CAST(key AS varchar), '') || ',' || CASE WHEN version_id IS NULL THEN '' WHEN strpos(version_id, '"') + strpos(version_id, ',') + strpos(version_id, chr(10)) + strpos(version_id, chr(13)) > 0 THEN '"' || replace(version_id, '"', '""') || '"' ELSE version_id END || ',' || CASE WHEN current_version_id IS NULL THEN '' WHEN strpos(current_version_id, '"') + strpos(current_version_id, ',') + strpos(current_version_id, chr(10)) + strpos(current_version_id, chr(13)) > 0 THEN '"' || replace(current_version_id, '"', '""') || '"' ELSE current_version_id END || ',' || coalesce(CAST(size AS varchar), '') || ',' || CASE WHEN storage_class IS NULL THEN '' WHEN strpos(storage_class, '"') + strpos(storage_class, ',') + strpos(storage_class, chr(10)) + strpos(storage_class, chr(13)) > 0 THEN '"' || replace(storage_class, '"', '""') || '"' ELSE storage_class END || ',' || CASE WHEN exposed_version_id IS NULL THEN '' WHEN strpos(exposed_version_id, '"') + strpos(exposed_version_id, ',') + strpos(exposed_version_id, chr(10)) + strpos(exposed_version_id, chr(13)) > 0 THEN '"' || replace(exposed_version_id, '"', '""') || '"' ELSE exposed_version_id END AS line
  FROM listed
)
, numbered AS (
  SELECT sort_key, place, line, sum(length(to_utf8(line)) + 1) OVER (ORDER BY sort_key, place ROWS UNBOUNDED PRECEDING) AS end_byte
  FROM lines
)
-- One row a part, so that a part is one file whose order nothing but this query decides. The header joins the array,
-- because a text that || makes may have 1 MiB at most.
SELECT
  array_join(array_agg(line ORDER BY end_byte), chr(10)) AS text,
  CAST((end_byte - 1) / 8388608 AS integer) AS part
FROM numbered
GROUP BY CAST((end_byte - 1) / 8388608 AS integer)
