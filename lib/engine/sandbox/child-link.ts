import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ToChild, ToWorker } from './protocol';

/** How a child ended. */
export interface Exit {
  code: number | null;
  signal: string | null;
  /** What the system or the runtime had to say of it. */
  cause?: Error | undefined;
}

/** A process or a thread, as its worker sees it. */
export interface ChildLink {
  send(message: ToChild): void;
  /** Asks it to end when its job is done. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
  /** Resolves when it has ended and everything that it said was heard. */
  readonly exited: Promise<Exit>;
}

/** Starts a process or a thread. */
export type OpenLink = (onMessage: (message: ToWorker) => void) => ChildLink;

/**
 * A file beside this one: compiled in the package, TypeScript when run from the sources.
 * @throws Error when it is not there, as in a bundle
 */
export function entryFile(name: string): string {
  const file = path.join(__dirname, name + path.extname(__filename));
  if (existsSync(file)) return file;
  throw new Error(
    `Processors in files need the files of tuskmq, and ${file} is not there: leave tuskmq out of the bundle (external), or use a processor that is a function`,
  );
}
