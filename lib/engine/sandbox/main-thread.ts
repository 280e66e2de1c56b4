/** What a worker thread runs. */

import { parentPort } from 'node:worker_threads';
import { ChildServer } from './child-server';

new ChildServer({
  post: async (message) => parentPort!.postMessage(message),
  listen: (listener) => parentPort!.on('message', listener),
});
