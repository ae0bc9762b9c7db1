import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { SeededRandom } from '../../sandbox/random.ts';
import { startCommand } from '../execute/command.ts';

const LOOPBACK = '127.0.0.1';
/** A run that is killed this many times is begun this many times and once more. */
const KILLS = 3;
const MAX_WRITES_BEFORE = 12;

/** What happens when a run sends a request that changes something: nothing, or its process ends before or after it. */
type OnWrite = () => 'pass' | 'kill before' | 'kill after';

/**
 * Runs a command through a relay that kills its process at its first write, and begun again at random writes, right before the server gets the request or
 * right after it carried it out, so that no answer arrives.
 * @returns how often it was killed; a run that ends before its turn was none
 */
export async function killRuns(
  server: { readonly endpoint: string },
  args: readonly string[],
  environment: Record<string, string>,
  random: SeededRandom,
): Promise<number> {
  let kills = 0;
  for (let turn = 0; turn < KILLS; turn += 1) {
    // Removals go out together: of a run of few keys, the first write is the only one that is sure to come.
    const place = turn === 0 ? 1 : 1 + Math.floor(random.fraction() * MAX_WRITES_BEFORE);
    const moment = random.fraction() < 0.5 ? 'kill before' : 'kill after';
    let writes = 0;
    let kill = () => {};
    const relay = await openRelay(server.endpoint, {
      onWrite: () => {
        writes += 1;
        return writes === place ? moment : 'pass';
      },
      kill: () => kill(),
    });
    const { child, result } = startCommand(relay, args, environment);
    kill = () => child.kill('SIGKILL');
    const { status } = await result;
    await relay.close();
    if (status === null) kills += 1;
  }
  return kills;
}

/** A server that hands requests on as they are: signatures hold, as the host is signed as it was asked. */
async function openRelay(
  endpoint: string,
  { onWrite, kill }: { onWrite: OnWrite; kill: () => void },
): Promise<{ endpoint: string; close(): Promise<void> }> {
  const target = new URL(endpoint);
  const handOn = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const moment = isWrite(incoming) ? onWrite() : 'pass';
    if (moment === 'kill before') {
      kill();
      incoming.socket.destroy();
      return;
    }
    const { method, url: path, headers } = incoming;
    const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      if (moment === 'kill after') {
        answer.resume().once('end', () => {
          kill();
          incoming.socket.destroy();
        });
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  };
  const relay = createServer(handOn).listen(0, LOOPBACK);
  await once(relay, 'listening');
  const address = relay.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  return {
    endpoint: `http://${LOOPBACK}:${address.port}`,
    async close() {
      relay.closeAllConnections();
      relay.close();
      await once(relay, 'close');
    },
  };
}

/** Whether a request copies or deletes: what a run does to a bucket. */
function isWrite({ method, url = '', headers }: IncomingMessage): boolean {
  if (method === 'PUT') return headers['x-amz-copy-source'] !== undefined;
  return method === 'DELETE' || (method === 'POST' && /[?&]delete(=|&|$)/.test(url));
}
