/** The partition of a Region, as it stands in ARNs ("AWS partitions", AWS whitepapers). */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
