import { dropDatabase, serverUrl, templateName } from './test-server';

export default async function globalTeardown(): Promise<void> {
  await dropDatabase(serverUrl(), templateName());
  await globalThis.tuskmqTestServer?.stop();
}
