/** What a child process runs. */

import { ChildServer } from './child-server';
import type { ToChild } from './protocol';

const server = new ChildServer({
  // Without its worker the process ends, so there is nobody to tell of an error.
  post: (message) => new Promise((resolve) => process.send!(message, () => resolve())),
  listen: (listener) => process.on('message', (message) => listener(message as ToChild)),
});

// However the worker ended, no child outlives it.
process.once('disconnect', () => process.exit());
process.on('SIGTERM', () => void server.leave());
// Ctrl+C reaches all processes of a terminal. It is the worker that decides what becomes of its job.
process.on('SIGINT', () => {});
