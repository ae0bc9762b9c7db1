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
    ,
    max(CASE WHEN NOT is_delete_marker THEN recency END) OVER whole AS top_version_recency,
    max(CASE WHEN is_delete_marker AND NOT is_after THEN recency END) OVER whole AS top_kept_marker_recency,
    first_value(is_delete_marker) OVER versions_first AS has_no_version,
    first_value(version_id) OVER versions_first AS top_version_id,
    first_value(size) OVER versions_first AS top_size,
    first_value(storage_class) OVER versions_first AS top_storage_class,
    first_value(last_modified) OVER versions_first AS top_last_modified,
    first_value(encryption_status) OVER versions_first AS top_encryption_status,
    first_value(access_tier) OVER versions_first AS top_access_tier
  FROM (
    SELECT *, last_modified > TIMESTAMP '2025-08-22 11:01:00' AS is_after, last_modified AS recency FROM "changed"
  ) AS entries
  WINDOW
    stack AS (PARTITION BY key ORDER BY is_after, is_latest DESC, recency DESC, is_delete_marker, version_id),
    whole AS (PARTITION BY key),
    versions_first AS (PARTITION BY key ORDER BY is_delete_marker, is_latest DESC, recency DESC, version_id)
),
compared AS (
  -- A noncurrent marker of the same second as the top object version may lie above or below it; of two object
  -- versions of that second, either may be the top.
  SELECT
    *,
    sum(CASE WHEN is_delete_marker AND is_after AND NOT is_latest AND recency = top_version_recency THEN 1 ELSE 0 END)
      OVER (PARTITION BY key) AS tied_markers,
    sum(CASE WHEN NOT is_delete_marker AND recency = top_version_recency THEN 1 ELSE 0 END)
      OVER (PARTITION BY key) AS top_versions
  FROM positioned
),
wanted AS (
  SELECT
    *,
    CASE WHEN NOT is_after THEN version_id END AS version_id_at_p,
    -- What the removal exposes: the top object version, unless a marker that existed at the point in time hides it.
    NOT has_no_version AND coalesce(top_kept_marker_recency <= top_version_recency, true) AS is_version_wanted,
    top_version_id AS wanted_version_id,
    top_size AS wanted_size,
    top_storage_class AS wanted_storage_class,
    top_last_modified AS wanted_last_modified,
    top_encryption_status AS wanted_encryption_status,
    top_access_tier AS wanted_access_tier,
    -- Which markers lie above the top object version.
    (current_is_marker AND current_last_modified > TIMESTAMP '2025-08-22 11:01:00' AND tied_markers > 0) AS is_ambiguous,
    false AS is_suspect
  FROM compared
  WHERE position = 1
),
by_nature AS (
  SELECT
    *,
    CASE
      WHEN NOT current_is_marker OR current_last_modified <= TIMESTAMP '2025-08-22 11:01:00' THEN 'unchanged'
      ELSE 'remove-delete-markers'
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
  top_version_recency,
  -- Entries of one second below the markers: which of them comes to the top, the inventory does not tell.
  top_versions = 1 AND coalesce(top_kept_marker_recency < top_version_recency, true) AS is_exposure_certain,
  -- Last, as what a table is divided by has to be.
  class
FROM classes
