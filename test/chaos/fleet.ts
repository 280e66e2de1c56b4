import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random';
import type { Outcome, WorkerMessage, WorkerOrder } from './worker';

/** How long workers may take to end their jobs and close. */
const FINISH_MS = 30_000;

/** The worker processes: as many as there are to be, however many are killed. */
export class Fleet {
  readonly outcomes = new Map<Outcome, number>();
  /** What is worth reading of steps that went wrong, and of processes that ended by themselves. */
  readonly faults: string[] = [];
  private readonly processes = new Set<ChildProcess>();
  private readonly stopped = new Set<ChildProcess>();
  private isFinishing = false;

  /** @param program the file that each of them runs */
  constructor(
    private readonly program: string,
    private readonly order: WorkerOrder,
    private readonly random: Random,
  ) {
    process.once('exit', this.killAll);
  }

  start(count: number): void {
    for (let i = 0; i < count; i++) this.startOne();
  }

  /** False when there is none to kill. */
  kill(): boolean {
    const victim = this.random.pick(this.running());
    return victim?.kill('SIGKILL') ?? false;
  }

  /** Stops one, unless half of them are. Resolves at once; it goes on after `ms`. */
  stop(ms: number): boolean {
    const running = this.running();
    if (this.stopped.size >= this.processes.size / 2) return false;
    const victim = this.random.pick(running);
    if (!victim?.kill('SIGSTOP')) return false;
    this.stopped.add(victim);
    void sleep(ms).then(() => {
      this.stopped.delete(victim);
      victim.kill('SIGCONT');
    });
    return true;
  }

  /** Lets all of them end what they are at. */
  async finish(): Promise<void> {
    while (this.stopped.size > 0) await sleep(50);
    this.isFinishing = true;
    const exits = [...this.processes].map((child) => once(child, 'exit'));
    for (const child of this.processes) child.send('finish', () => {});
    await Promise.race([Promise.all(exits), sleep(FINISH_MS, undefined, { ref: false })]);
    if (this.processes.size > 0) {
      this.faults.push(`${this.processes.size} worker processes did not close in ${FINISH_MS} ms`);
    }
    await this.end();
  }

  /** Ends them as they are. */
  async end(): Promise<void> {
    this.isFinishing = true;
    const exits = [...this.processes].map((child) => once(child, 'exit'));
    this.killAll();
    await Promise.all(exits);
    process.off('exit', this.killAll);
  }

  /** One that is stopped would not notice the end of this process. */
  private readonly killAll = () => {
    for (const child of this.processes) child.kill('SIGKILL');
  };

  private running(): ChildProcess[] {
    return [...this.processes].filter((child) => !this.stopped.has(child));
  }

  private startOne(): void {
    const child = fork(this.program, {
      execArgv: ['--enable-source-maps'],
      env: { ...process.env, WORKER_ORDER: JSON.stringify(this.order) },
    });
    this.processes.add(child);
    child.on('message', (message) => this.hear(message as WorkerMessage));
    child.once('exit', (code) => {
      this.processes.delete(child);
      if (this.isFinishing) return;
      if (code !== null) this.faults.push(`a worker process ended by itself, with ${code}`);
      this.startOne();
    });
  }

  private hear(message: WorkerMessage): void {
    if ('surprise' in message) {
      this.faults.push(message.surprise);
      return;
    }
    const { outcome, what } = message;
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    if (outcome === 'stale, committed') this.faults.push(`a stale run committed: ${what}`);
  }
}
