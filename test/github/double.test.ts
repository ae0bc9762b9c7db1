import { createPublicKey, createVerify, type JsonWebKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { jobClaims } from '../../sandbox/github/oidc.ts';
import { startGitHubDouble } from '../../sandbox/github/server.ts';

test('an unknown route is answered with 404 and kept', async () => {
  const double = await startGitHubDouble();
  try {
    double.state.addWorkflowToken('t', {});
    const answer = await fetch(`${double.url}/repos/a/b/secrets`, { headers: { authorization: 'token t' } });
    expect(answer.status).toBe(404);
    expect(double.unknown).toEqual(['GET /repos/a/b/secrets']);
  } finally {
    await double.stop();
  }
});

test('the token of a job is signed, and names its environment', async () => {
  const double = await startGitHubDouble();
  try {
    const claims = jobClaims({ repository: 'acme/data', environment: 'roll:back', runId: 7 });
    double.state.oidcRequests.set('secret', claims);
    const read = async (secret: string) =>
      fetch(`${double.oidcUrl}&audience=sts.amazonaws.com`, {
        headers: { authorization: `bearer ${secret}` },
      });
    expect((await read('other')).status).toBe(401);
    const { value } = (await (await read('secret')).json()) as { value: string };
    const [header = '', payload = '', signature = ''] = value.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      aud: 'sts.amazonaws.com',
      sub: 'repo:acme/data:environment:roll%3Aback',
      run_id: '7',
    });
    const { keys } = (await (await fetch(`${double.url}/oidc/.well-known/jwks`)).json()) as {
      keys: JsonWebKey[];
    };
    const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' });
    const verify = createVerify('RSA-SHA256').update(`${header}.${payload}`);
    expect(verify.verify(key, signature, 'base64url')).toBe(true);
  } finally {
    await double.stop();
  }
});
