-- Keys, entries and bytes of every class, and what their storage classes are.
SELECT
  class,
  coalesce(wanted_storage_class, '') AS storage_class,
  count(*) AS keys,
  sum(entries) AS entries,
  sum(after_entries) AS after_entries,
  coalesce(sum(CASE
    WHEN class = 'add-delete-marker' THEN current_size
    WHEN class IN ('remove-delete-markers', 'copy-after-restore', 'copy', 'copy-multipart') THEN wanted_size
  END), 0) AS bytes,
  coalesce(sum(wanted_size), 0) AS wanted_bytes,
  count_if(wanted_size > 5368709120) AS large_keys,
  coalesce(sum(CASE WHEN wanted_size > 5368709120 THEN wanted_size END), 0) AS large_bytes
FROM "classified"
GROUP BY class, coalesce(wanted_storage_class, '')
ORDER BY class, storage_class
