/** The worker processes. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** How long a worker may take to finish what it runs, in milliseconds. */
const PATIENCE_MS = 5_000;

export class Crew {
  private readonly members = new Map<string, ChildProcess>();

  constructor(connection: string, size: number) {
    for (let number = 1; number <= size; number++) {
      const name = `worker-${number}`;
      const child = fork(path.join(__dirname, 'worker.ts'), [name], {
        cwd: __dirname,
        execArgv: ['--import', 'tsx'],
        env: { ...process.env, DATABASE_URL: connection },
      });
      this.members.set(name, child);
      child.once('exit', () => this.members.delete(name));
    }
  }

  get size(): number {
    return this.members.size;
  }

  /** Kills one as a crash would, in the middle of whatever it does. Resolves to its process id. */
  async kill(name: string): Promise<number> {
    const child = this.members.get(name)!;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    return child.pid!;
  }

  killAll(): void {
    for (const child of this.members.values()) child.kill('SIGKILL');
  }

  /** Lets all finish what they run. */
  async dismiss(): Promise<void> {
    await Promise.all(
      [...this.members.values()].map(async (child) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
        const exited = once(child, 'exit');
        child.disconnect();
        await exited;
        clearTimeout(timer);
      }),
    );
  }
}
