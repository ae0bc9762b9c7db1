/** An S3 Inventory configuration of a bucket, as far as it decides whether its reports can serve a plan. */
export type InventoryConfiguration = {
  id: string;
  enabled: boolean;
  versions: 'All' | 'Current';
  /** literal prefix that the reports are limited to; empty: the whole bucket */
  prefix: string;
  format: string;
  /** `Daily`, or `Weekly`: on Sundays */
  frequency: string;
  destination: { bucket: string; prefix: string };
};
