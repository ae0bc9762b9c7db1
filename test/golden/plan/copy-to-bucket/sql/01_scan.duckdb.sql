-- The one pass over every entry: counts, checks, activity around the point in time, and the changed keys.
-- A row with a key is a changed key: it has an entry after the point in time, or on top of what existed then
-- a multipart upload that may have been completed later. Every other entry falls into a few rows without a key.
CREATE OR REPLACE TABLE "scan" AS
SELECT
  true AS in_scope,
  changed_key AS key,
  suspect_version_id,
  activity_cell,
  count(*) AS entries,
  count_if(is_latest) AS current_entries,
  count_if(is_after) AS after_entries,
  count_if(is_delete_marker) AS deletes,
  max(last_modified) AS newest,
  count_if(is_refused) AS refused_entries
FROM (
  SELECT
    is_latest,
    is_delete_marker,
    is_after,
    last_modified,
    CASE WHEN in_scope AND (is_after OR is_suspect) THEN CASE WHEN contains(raw_key, '+') THEN url_decode(replace(raw_key, '+', '%20')) WHEN contains(raw_key, '%') THEN url_decode(raw_key) ELSE raw_key END END AS changed_key,
    CASE WHEN in_scope AND is_suspect THEN version_id END AS suspect_version_id,
    -- Days from the point in time; hours and minutes, as numbers of their own, near it. Shifted to be positive.
    CASE
      WHEN last_modified <= TIMESTAMP '2025-07-29 11:01:00' OR last_modified > TIMESTAMP '2025-09-15 11:01:00' THEN (epoch_ms(last_modified) - -84644139539999) // 86400000
      WHEN last_modified <= TIMESTAMP '2025-08-21 11:01:00' OR last_modified > TIMESTAMP '2025-08-23 11:01:00' THEN 100000000 + (epoch_ms(last_modified) - -84644139539999) // 3600000
      ELSE 10000000000 + (epoch_ms(last_modified) - -84644139539999) // 60000
    END AS activity_cell,
    NOT coalesce(bucket = 'example-bucket', false) OR (raw_key IS NULL OR last_modified IS NULL OR is_latest IS NULL OR is_delete_marker IS NULL
      OR (size IS NULL AND NOT is_delete_marker) OR size < 0 OR recency IS NULL
      OR CASE WHEN strpos(raw_key, '%') > 0 THEN strlen(url_decode(raw_key)) > 1024 OR strlen(raw_key) - strlen(url_decode(raw_key)) <> 2 * (strlen(raw_key) - strlen(replace(raw_key, '%', ''))) ELSE strlen(raw_key) > 1024 END)
 AS is_refused
  FROM (
    SELECT
      *,
      CASE WHEN is_after OR last_modified < TIMESTAMP '2025-08-21 11:01:00' OR is_delete_marker THEN false ELSE strpos(e_tag, '-') > 0 END AS is_suspect
    FROM (
    SELECT
      *,
      true AS in_scope,
      last_modified > TIMESTAMP '2025-08-22 11:01:00' AS is_after,
      last_modified AS recency
    FROM (
      SELECT
        decoded_key AS key,
        raw_key,
        "bucket_name" AS "bucket",
        coalesce(nullif("version_id", ''), 'null') AS "version_id",
        CASE WHEN "is_latest" IN ('true', 'True', 'TRUE') THEN true WHEN "is_latest" IN ('false', 'False', 'FALSE') THEN false WHEN "is_latest" <> '' THEN CAST('?' || "is_latest" AS boolean) END AS "is_latest",
        CASE WHEN "delete_marker" IN ('true', 'True', 'TRUE') THEN true WHEN "delete_marker" IN ('false', 'False', 'FALSE') THEN false WHEN "delete_marker" <> '' THEN CAST('?' || "delete_marker" AS boolean) END AS "is_delete_marker",
        CASE WHEN CAST(CAST("size" AS ubigint) AS varchar) = "size" THEN CAST("size" AS bigint) ELSE CAST(CASE WHEN "size" GLOB '*[!0-9]*' THEN '?' || "size" ELSE "size" END AS bigint) END AS "size",
        CASE WHEN suffix("last_modified", '.000Z') THEN CAST("last_modified" AS timestamp) ELSE make_timestamp(epoch_us(CAST(CASE WHEN strpos("last_modified", ':') > 0 THEN "last_modified" ELSE '?' || "last_modified" END AS timestamptz))) END AS "last_modified",
        coalesce(nullif("storage_class", ''), 'STANDARD') AS "storage_class",
        coalesce(CAST(NULL AS varchar), '') AS "encryption_status",
        coalesce(CAST(NULL AS varchar), '') AS "access_tier",
        coalesce("e_tag", '') AS "e_tag"
      FROM (
        SELECT *, CASE WHEN contains(raw_key, '+') THEN url_decode(replace(raw_key, '+', '%20')) WHEN contains(raw_key, '%') THEN url_decode(raw_key) ELSE raw_key END AS decoded_key
        FROM (SELECT *, "key_name" AS raw_key FROM "inventory") AS inventory_rows
      ) AS keyed_rows
    ) AS typed_rows
    ) AS entries
  ) AS measured_entries
) AS scanned_entries
GROUP BY changed_key, suspect_version_id, activity_cell
