-- One row a key: the entry at the point in time, the current entry, the class and what it comes from.
-- Within a key the entries at the point in time come first, so position 1 is the entry at that time if there is one.
-- In a tie object versions come before delete markers, which is what an included `ambiguous` key goes by.
CREATE OR REPLACE TABLE "classified" AS
WITH positioned AS (
  SELECT
    key, version_id, is_latest, is_delete_marker, size, last_modified, is_after, storage_class,
    encryption_status, access_tier, recency, is_multipart,
    row_number() OVER stack AS position,
    lead(recency) OVER stack = recency AND NOT is_latest AS is_tied_with_next,
    count(*) OVER whole AS entries,
    sum(CASE WHEN is_after THEN 1 ELSE 0 END) OVER whole AS after_entries,
    sum(CASE WHEN is_after AND NOT is_delete_marker THEN 1 ELSE 0 END) OVER whole AS after_versions,
    max(CASE WHEN is_latest THEN version_id END) OVER whole AS current_version_id,
    max(CASE WHEN is_latest AND is_delete_marker THEN 1 ELSE 0 END) OVER whole = 1 AS current_is_marker,
    max(CASE WHEN is_latest THEN last_modified END) OVER whole AS current_last_modified,
    max(CASE WHEN is_latest THEN size END) OVER whole AS current_size,
    max(CASE WHEN is_latest THEN storage_class END) OVER whole AS current_storage_class
  FROM (
    SELECT *, false AS is_multipart
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
    ) AS all_entries
  ) AS entries
  WHERE in_scope
  WINDOW
    stack AS (PARTITION BY key ORDER BY is_after, is_latest DESC, recency DESC, is_delete_marker, version_id),
    whole AS (PARTITION BY key)
),
wanted AS (
  SELECT
    *,
    CASE WHEN NOT is_after THEN version_id END AS version_id_at_p,
    NOT is_after AND NOT is_delete_marker AS is_version_wanted,
    version_id AS wanted_version_id,
    size AS wanted_size,
    storage_class AS wanted_storage_class,
    last_modified AS wanted_last_modified,
    encryption_status AS wanted_encryption_status,
    access_tier AS wanted_access_tier,
    coalesce(NOT is_after AND NOT is_delete_marker AND is_tied_with_next, false) AS is_ambiguous,
    suspect_key IS NOT NULL AS is_suspect
  FROM positioned
  LEFT JOIN (
    SELECT DISTINCT key AS suspect_key, suspect_version_id
    FROM "scan"
    WHERE suspect_version_id IS NOT NULL
  ) AS suspects ON suspect_key = key AND suspect_version_id = version_id
  WHERE position = 1
),
by_nature AS (
  SELECT
    *,
    CASE
      WHEN NOT is_version_wanted THEN 'absent'
      WHEN wanted_storage_class IN ('GLACIER', 'DEEP_ARCHIVE') OR wanted_access_tier IN ('ARCHIVE', 'DEEP_ARCHIVE', 'ARCHIVE_ACCESS', 'DEEP_ARCHIVE_ACCESS') THEN 'copy-after-restore'
      ELSE 'copy'
    END AS natural_class
  FROM wanted
),
classes AS (
  SELECT
    *,
    CASE
      WHEN is_ambiguous THEN 'ambiguous'
      WHEN is_suspect THEN 'suspect-multipart'
      WHEN wanted_encryption_status = 'SSE-C' AND natural_class IN ('copy-after-restore', 'copy', 'copy-multipart') THEN 'uncopyable'
      ELSE natural_class
    END AS class
  FROM by_nature
)
SELECT
  key,
  natural_class,
  entries,
  after_entries,
  current_version_id,
  current_is_marker,
  current_last_modified,
  current_size,
  current_storage_class,
  version_id_at_p,
  CASE WHEN is_version_wanted THEN wanted_version_id END AS wanted_version_id,
  CASE WHEN is_version_wanted THEN wanted_size END AS wanted_size,
  CASE WHEN is_version_wanted THEN wanted_storage_class END AS wanted_storage_class,
  CASE WHEN is_version_wanted THEN wanted_last_modified END AS wanted_last_modified,
  -- Last, as what a table is divided by has to be.
  class
FROM classes
