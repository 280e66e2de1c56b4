import { type ForkOptions, fork } from 'node:child_process';
import { type ChildLink, type Exit, entryFile } from './child-link';
import type { ToWorker } from './protocol';

export function forkProcess(
  options: ForkOptions | undefined,
  onMessage: (message: ToWorker) => void,
): ChildLink {
  const child = fork(entryFile('main-process'), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: process.env,
    ...ownInspector(),
    ...options,
  });
  child.on('message', (message) => onMessage(message as ToWorker));
  // Streams exist when the application has asked for pipes.
  child.stdout?.pipe(process.stdout);
  child.stderr?.pipe(process.stderr);
  const exited = new Promise<Exit>((resolve) => {
    child.on('error', (cause) => {
      // Else it is a message or a signal that did not arrive: the exit tells.
      if (child.pid === undefined) resolve({ code: null, signal: null, cause });
    });
    child.on('exit', (code, signal) => {
      // Its last messages may still be in the channel.
      if (!child.connected) resolve({ code, signal });
      else child.once('disconnect', () => resolve({ code, signal }));
    });
  });
  return {
    send: (message) => void child.send(message, () => {}),
    stop: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
    exited,
  };
}

/** Two processes cannot be debugged on one port: a child takes any that is free. */
function ownInspector(): ForkOptions {
  const inspector = /^(--inspect(?:-brk|-port|-wait)?)(?:=.*)?$/;
  if (!process.execArgv.some((arg) => inspector.test(arg))) return {};
  return { execArgv: process.execArgv.map((arg) => arg.replace(inspector, '$1=0')) };
}
