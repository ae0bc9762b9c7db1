-- Keys of the class ambiguous: listed with their reason, left alone.
CREATE TABLE "rb_example_bucket_20250822t110100z_fac6daab"."review_ambiguous"
WITH (format = 'TEXTFILE', write_compression = 'NONE', partitioned_by = ARRAY['part']) AS
WITH listed AS (
SELECT
  replace(replace(replace(replace(url_encode(stack.key), '+', '%20'), '*', '%2A'), '%2F', '/'), '~', '%7E') AS key,
  coalesce(stack.wanted_version_id, stack.version_id_at_p) AS version_id,
  'two entries of one second, and nothing tells which of them was on top' AS reason,
  stack.natural_class AS would_be,
  date_format(stack.wanted_last_modified, '%Y-%m-%dT%H:%i:%sZ') AS last_modified,
  stack.wanted_size AS size,
  stack.wanted_storage_class AS storage_class,
  stack.current_version_id AS current_version_id,
  stack.key AS sort_key,
  1 AS place
FROM "rb_example_bucket_20250822t110100z_fac6daab"."classified" AS stack
WHERE stack.class = 'ambiguous'
),
lines AS (
  SELECT
    sort_key,
    place,
    CASE WHEN key IS NULL THEN '' WHEN regexp_like(CAST(key AS varchar), '[",\r\n]') THEN '"' || replace(CAST(key AS varchar), '"', '""') || '"' ELSE CAST(key AS varchar) END || ',' || CASE WHEN version_id IS NULL THEN '' WHEN regexp_like(CAST(version_id AS varchar), '[",\r\n]') THEN '"' || replace(CAST(version_id AS varchar), '"', '""') || '"' ELSE CAST(version_id AS varchar) END || ',' || CASE WHEN reason IS NULL THEN '' WHEN regexp_like(CAST(reason AS varchar), '[",\r\n]') THEN '"' || replace(CAST(reason AS varchar), '"', '""') || '"' ELSE CAST(reason AS varchar) END || ',' || CASE WHEN would_be IS NULL THEN '' WHEN regexp_like(CAST(would_be AS varchar), '[",\r\n]') THEN '"' || replace(CAST(would_be AS varchar), '"', '""') || '"' ELSE CAST(would_be AS varchar) END || ',' || CASE WHEN last_modified IS NULL THEN '' WHEN regexp_like(CAST(last_modified AS varchar), '[",\r\n]') THEN '"' || replace(CAST(last_modified AS varchar), '"', '""') || '"' ELSE CAST(last_modified AS varchar) END || ',' || CASE WHEN size IS NULL THEN '' WHEN regexp_like(CAST(size AS varchar), '[",\r\n]') THEN '"' || replace(CAST(size AS varchar), '"', '""') || '"' ELSE CAST(size AS varchar) END || ',' || CASE WHEN storage_class IS NULL THEN '' WHEN regexp_like(CAST(storage_class AS varchar), '[",\r\n]') THEN '"' || replace(CAST(storage_class AS varchar), '"', '""') || '"' ELSE CAST(storage_class AS varchar) END || ',' || CASE WHEN current_version_id IS NULL THEN '' WHEN regexp_like(CAST(current_version_id AS varchar), '[",\r\n]') THEN '"' || replace(CAST(current_version_id AS varchar), '"', '""') || '"' ELSE CAST(current_version_id AS varchar) END AS line
  FROM listed
)
, numbered AS (
  SELECT sort_key, place, line, sum(length(to_utf8(line)) + 1) OVER (ORDER BY sort_key, place ROWS UNBOUNDED PRECEDING) AS end_byte
  FROM lines
)
-- One row a part, so that a part is one file whose order nothing but this query decides. The header joins the array,
-- because a text that || makes may have 1 MiB at most.
SELECT
  array_join(CASE WHEN min(end_byte - length(to_utf8(line))) = 1 THEN ARRAY['key,version_id,reason,would_be,last_modified,size,storage_class,current_version_id'] ELSE CAST(ARRAY[] AS array(varchar)) END || array_agg(line ORDER BY sort_key, place), chr(10)) AS text,
  CAST((end_byte - 1) / 8388608 AS integer) AS part
FROM numbered
GROUP BY CAST((end_byte - 1) / 8388608 AS integer)
