-- Every entry of the changed keys, without what the other columns tell.
CREATE OR REPLACE TABLE "changed" AS
SELECT
  key, version_id, is_latest, is_delete_marker, size, last_modified,
  storage_class, encryption_status, access_tier,
  false AS is_multipart
FROM (
    SELECT
      *,
      (starts_with(coalesce(key, ''), 'images/')) AS in_scope,
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
      WHERE decoded_key IN (SELECT key FROM "scan" WHERE key IS NOT NULL)
    ) AS typed_rows
) AS entries
