-- Keys of the class uncertain-expired: listed with their reason, left alone.
CREATE TABLE "rb_example_bucket_20250822t110100z_fac6daab"."review_uncertain_expired"
WITH (format = 'TEXTFILE', write_compression = 'NONE', partitioned_by = ARRAY['part']) AS
WITH listed AS (
SELECT
  replace(replace(replace(replace(url_encode(stack.key), '+', '%20'), '*', '%2A'), '%2F', '/'), '~', '%7E') AS key,
  coalesce(stack.wanted_version_id, stack.version_id_at_p) AS version_id,
  'a lifecycle rule may have removed the version that was current at the point in time' AS reason,
  stack.natural_class AS would_be,
  date_format(stack.wanted_last_modified, '%Y-%m-%dT%H:%i:%sZ') AS last_modified,
  stack.wanted_size AS size,
  stack.wanted_storage_class AS storage_class,
  stack.current_version_id AS current_version_id,
  stack.key AS sort_key,
  1 AS place
FROM "rb_example_bucket_20250822t110100z_fac6daab"."classified" AS stack
WHERE stack.class = 'uncertain-expired'
),
lines AS (
  SELECT
    sort_key,
    place,
    coalesce(CAST(key AS varchar), '') || ',' || CASE WHEN version_id IS NULL THEN '' WHEN strpos(version_id, '"') + strpos(version_id, ',') + strpos(version_id, chr(10)) + strpos(version_id, chr(13)) > 0 THEN '"' || replace(version_id, '"', '""') || '"' ELSE version_id END || ',' || CASE WHEN reason IS NULL THEN '' WHEN strpos(reason, '"') + strpos(reason, ',') + strpos(reason, chr(10)) + strpos(reason, chr(13)) > 0 THEN '"' || replace(reason, '"', '""') || '"' ELSE reason END || ',' || coalesce(CAST(would_be AS varchar), '') || ',' || coalesce(CAST(last_modified AS varchar), '') || ',' || coalesce(CAST(size AS varchar), '') || ',' || CASE WHEN storage_class IS NULL THEN '' WHEN strpos(storage_class, '"') + strpos(storage_class, ',') + strpos(storage_class, chr(10)) + strpos(storage_class, chr(13)) > 0 THEN '"' || replace(storage_class, '"', '""') || '"' ELSE storage_class END || ',' || CASE WHEN current_version_id IS NULL THEN '' WHEN strpos(current_version_id, '"') + strpos(current_version_id, ',') + strpos(current_version_id, chr(10)) + strpos(current_version_id, chr(13)) > 0 THEN '"' || replace(current_version_id, '"', '""') || '"' ELSE current_version_id END AS line
  FROM listed
)
, numbered AS (
  SELECT sort_key, place, line, sum(length(to_utf8(line)) + 1) OVER (ORDER BY sort_key, place ROWS UNBOUNDED PRECEDING) AS end_byte
  FROM lines
)
-- One row a part, so that a part is one file whose order nothing but this query decides. The header joins the array,
-- because a text that || makes may have 1 MiB at most.
SELECT
  array_join(CASE WHEN min(end_byte - length(to_utf8(line))) = 1 THEN ARRAY['key,version_id,reason,would_be,last_modified,size,storage_class,current_version_id'] ELSE CAST(ARRAY[] AS array(varchar)) END || array_agg(line ORDER BY end_byte), chr(10)) AS text,
  CAST((end_byte - 1) / 8388608 AS integer) AS part
FROM numbered
GROUP BY CAST((end_byte - 1) / 8388608 AS integer)
