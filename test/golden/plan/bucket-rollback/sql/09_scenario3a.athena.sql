-- Scenario 3a: Restore from archive, then copy. Columns: bucket, key, version_id, current_version_id, size, storage_class.
CREATE TABLE "rb_example_bucket_20250822t110100z_fac6daab"."scenario3a"
WITH (format = 'TEXTFILE', write_compression = 'NONE', partitioned_by = ARRAY['part']) AS
WITH listed AS (
SELECT
  'example-bucket' AS bucket,
  replace(replace(replace(replace(url_encode(stack.key), '+', '%20'), '*', '%2A'), '%2F', '/'), '~', '%7E') AS key,
  stack.wanted_version_id AS version_id,
  stack.current_version_id,
  stack.wanted_size AS size,
  stack.wanted_storage_class AS storage_class,
  stack.key AS sort_key,
  1 AS place
FROM "rb_example_bucket_20250822t110100z_fac6daab"."classified" AS stack
WHERE stack.class = 'copy-after-restore'
),
lines AS (
  SELECT
    sort_key,
    place,
    coalesce(CAST(bucket AS varchar), '') || ',' || coalesce(CAST(key AS varchar), '') || ',' || CASE WHEN version_id IS NULL THEN '' WHEN strpos(version_id, '"') + strpos(version_id, ',') + strpos(version_id, chr(10)) + strpos(version_id, chr(13)) > 0 THEN '"' || replace(version_id, '"', '""') || '"' ELSE version_id END || ',' || CASE WHEN current_version_id IS NULL THEN '' WHEN strpos(current_version_id, '"') + strpos(current_version_id, ',') + strpos(current_version_id, chr(10)) + strpos(current_version_id, chr(13)) > 0 THEN '"' || replace(current_version_id, '"', '""') || '"' ELSE current_version_id END || ',' || coalesce(CAST(size AS varchar), '') || ',' || CASE WHEN storage_class IS NULL THEN '' WHEN strpos(storage_class, '"') + strpos(storage_class, ',') + strpos(storage_class, chr(10)) + strpos(storage_class, chr(13)) > 0 THEN '"' || replace(storage_class, '"', '""') || '"' ELSE storage_class END AS line
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
