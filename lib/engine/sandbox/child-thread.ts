import { Worker as Thread, type WorkerOptions as ThreadOptions } from 'node:worker_threads';
import { type ChildLink, type Exit, entryFile } from './child-link';
import type { ToWorker } from './protocol';

export function startThread(
  options: ThreadOptions | undefined,
  onMessage: (message: ToWorker) => void,
): ChildLink {
  const thread = open(entryFile('main-thread'), { env: process.env, ...options });
  thread.on('message', onMessage);
  const exited = new Promise<Exit>((resolve) => {
    let cause: Error | undefined;
    thread.on('error', (error: Error) => {
      cause = error;
    });
    thread.on('exit', (code) => resolve({ code, signal: null, cause }));
  });
  return {
    send: (message) => thread.postMessage(message),
    stop: () => thread.postMessage({ kind: 'stop' }),
    kill: () => void thread.terminate(),
    exited,
  };
}

function open(entry: string, options: ThreadOptions): Thread {
  if (!entry.endsWith('.ts')) return new Thread(entry, options);
  // A loader such as tsx does not read the first file of a thread, but it does read what that
  // requires.
  const file = JSON.stringify(entry);
  const module = `import { createRequire } from 'node:module'; createRequire(${file})(${file});`;
  return new Thread(new URL(`data:text/javascript,${encodeURIComponent(module)}`), options);
}
