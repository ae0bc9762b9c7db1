import { openAthenaCalls } from '../aws/athena-calls.ts';
import { openS3Client } from '../aws/client.ts';
import { openGlueCalls } from '../aws/glue-calls.ts';
import { openQueryClients } from '../aws/query-clients.ts';
import { openRecordObjects } from '../aws/record-objects.ts';
import { RunbookError } from '../errors.ts';
import { openRemoteReport } from '../inventory/remote-source.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { AthenaPlace } from './choose-engine.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';

/** Everything that a plan on Athena talks to. */
export function openAthenaSide(options: EndpointOptions & AthenaPlace) {
  const endpoint = parseEndpoint(options);
  const { athena, glue } = openQueryClients(endpoint);
  return {
    objects: openRecordObjects(openS3Client(endpoint)),
    glue: openGlueCalls(glue),
    athena: openAthenaCalls(athena, options.workGroup),
  };
}

export type AthenaSide = ReturnType<typeof openAthenaSide>;

/** Opens a report on S3 for Athena. @throws RunbookError INVENTORY_* */
export function openReportOnS3(side: AthenaSide, url: string): Promise<InventorySource> {
  return openRemoteReport(url, {
    readText: async (path) => (await side.objects.read(path)).toString('utf8'),
    async headObject(path) {
      const found = await side.objects.head(path);
      if (found !== null) return found;
      throw new RunbookError('INVENTORY_NOT_FOUND', `${url} lists ${path}, which is not there.`, {
        hint: 'a lifecycle rule of the destination bucket may have removed it: take the next report',
      });
    },
  });
}
