import { Worker as Thread, type WorkerOptions as ThreadOptions } from 'node:worker_threads';
import { type ChildLink, type Exit, entryFile } from './child-link';
import type { ToWorker } from './protocol';

export function startThread(
  options: ThreadOptions | undefined,
  onMessage: (message: ToWorker) => void,
): ChildLink {
  const thread = open(entryFile('main-thread'), options);
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

function open(entry: string, options: ThreadOptions | undefined): Thread {
  if (!entry.endsWith('.ts')) return new Thread(entry, options);
  // A thread reads its first file without the loader that reads TypeScript, but not what that
  // requires.
  return new Thread(`require(${JSON.stringify(entry)})`, { ...options, eval: true });
}
