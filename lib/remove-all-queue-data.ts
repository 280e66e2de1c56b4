import type { ConnectionOptions } from './options/connection-options';
import { Queue } from './queue';

/**
 * Removes all jobs of a queue, active ones too, with its events and settings: for the end of a test.
 * @param prefix default `bull`
 */
export async function removeAllQueueData(
  connection: ConnectionOptions | undefined,
  queueName: string,
  prefix?: string,
): Promise<void> {
  const queue = new Queue(queueName, {
    ...(connection !== undefined && { connection }),
    ...(prefix !== undefined && { prefix }),
  });
  try {
    await queue.obliterate({ force: true });
  } finally {
    await queue.close();
  }
}
