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
    CASE WHEN bucket IS NULL THEN '' WHEN regexp_like(CAST(bucket AS varchar), '[",\r\n]') THEN '"' || replace(CAST(bucket AS varchar), '"', '""') || '"' ELSE CAST(bucket AS varchar) END || ',' || CASE WHEN key IS NULL THEN '' WHEN regexp_like(CAST(key AS varchar), '[",\r\n]') THEN '"' || replace(CAST(key AS varchar), '"', '""') || '"' ELSE CAST(key AS varchar) END || ',' || CASE WHEN version_id IS NULL THEN '' WHEN regexp_like(CAST(version_id AS varchar), '[",\r\n]') THEN '"' || replace(CAST(version_id AS varchar), '"', '""') || '"' ELSE CAST(version_id AS varchar) END || ',' || CASE WHEN current_version_id IS NULL THEN '' WHEN regexp_like(CAST(current_version_id AS varchar), '[",\r\n]') THEN '"' || replace(CAST(current_version_id AS varchar), '"', '""') || '"' ELSE CAST(current_version_id AS varchar) END || ',' || CASE WHEN size IS NULL THEN '' WHEN regexp_like(CAST(size AS varchar), '[",\r\n]') THEN '"' || replace(CAST(size AS varchar), '"', '""') || '"' ELSE CAST(size AS varchar) END || ',' || CASE WHEN storage_class IS NULL THEN '' WHEN regexp_like(CAST(storage_class AS varchar), '[",\r\n]') THEN '"' || replace(CAST(storage_class AS varchar), '"', '""') || '"' ELSE CAST(storage_class AS varchar) END AS line
  FROM listed
)
, numbered AS (
  SELECT sort_key, place, line, sum(length(to_utf8(line)) + 1) OVER (ORDER BY sort_key, place ROWS UNBOUNDED PRECEDING) AS end_byte
  FROM lines
)
-- One row a part, so that a part is one file whose order nothing but this query decides. The header joins the array,
-- because a text that || makes may have 1 MiB at most.
SELECT
  array_join(array_agg(line ORDER BY sort_key, place), chr(10)) AS text,
  CAST((end_byte - 1) / 8388608 AS integer) AS part
FROM numbered
GROUP BY CAST((end_byte - 1) / 8388608 AS integer)
