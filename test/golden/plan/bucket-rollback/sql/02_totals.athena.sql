-- What the pass over the inventory read.
SELECT
  coalesce(sum(entries), 0) AS entries,
  coalesce(sum(CASE WHEN in_scope THEN entries ELSE 0 END), 0) AS entries_in_scope,
  coalesce(sum(CASE WHEN in_scope THEN current_entries ELSE 0 END), 0) AS keys_in_scope,
  coalesce(sum(CASE WHEN in_scope THEN after_entries ELSE 0 END), 0) AS after_entries,
  count(DISTINCT key) AS changed_keys,
  date_format(max(CASE WHEN in_scope THEN newest END), '%Y-%m-%dT%H:%i:%sZ') AS newest_entry,
  coalesce(sum(refused_entries), 0) AS refused_entries
FROM "rb_example_bucket_20250822t110100z_fac6daab"."scan"
