import type { ChildLink, Exit, OpenLink } from './child-link';
import { type CallMessage, performCall, type SandboxableJob, unpack } from './job-calls';
import { fromPlainError, toPlainError } from './plain-error';
import type { ToWorker } from './protocol';

/** Milliseconds between asking a child to end and ending it. */
const KILL_AFTER_MS = 30_000;

/** What the worker waits for: that the file is loaded, or that the job has run. */
interface Expectation {
  resolve(value?: string): void;
  reject(error: Error): void;
}

/** A process or thread that has loaded a processor and runs one job at a time. */
export class Child {
  /** Resolves when it has ended. */
  readonly exited: Promise<Exit>;
  private exit: Exit | undefined;
  private isSpent = false;
  private readonly link: ChildLink;
  private expectation: Expectation | undefined;
  private job: SandboxableJob | undefined;
  /** The calls of the job that runs, one after the other as they came. */
  private calls = Promise.resolve();

  /** @param onError hears of a crash while no job runs */
  constructor(
    open: OpenLink,
    private readonly onError: (error: Error) => void,
  ) {
    this.link = open((message) => this.receive(message));
    this.exited = this.link.exited;
    void this.exited.then((exit) => {
      this.exit = exit;
      this.isSpent = true;
      this.expectation?.reject(exitError(exit));
    });
  }

  /** It runs, and will take another job. */
  get isReusable(): boolean {
    return !this.isSpent;
  }

  /** @throws Error why the file cannot be used; the child is ending then */
  async load(file: string): Promise<void> {
    const loaded = this.expect();
    this.link.send({ kind: 'load', file });
    try {
      await loaded;
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  /** Resolves to what the processor returned, and rejects with what it threw, or how it crashed. */
  async run(job: SandboxableJob, token: string, signal: AbortSignal): Promise<unknown> {
    const json = JSON.stringify(job.asJSONSandbox());
    const abort = () => {
      const { reason } = signal;
      this.link.send({ kind: 'abort', ...(typeof reason === 'string' && { reason }) });
    };
    this.job = job;
    const ended = this.expect();
    this.link.send({ kind: 'run', job: json, token });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    try {
      return unpack(await ended);
    } finally {
      signal.removeEventListener('abort', abort);
      // What the processor began to save without waiting for it comes before the end of its job.
      await this.calls;
      this.job = undefined;
    }
  }

  /** Lets it end when its job is done; ends it after 30 s. */
  async close(): Promise<void> {
    this.isSpent = true;
    this.link.stop();
    const timer = setTimeout(() => this.link.kill(), KILL_AFTER_MS);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.isSpent = true;
    this.link.kill();
  }

  private expect(): Promise<string | undefined> {
    return new Promise<string | undefined>((resolve, reject) => {
      if (this.exit) reject(exitError(this.exit));
      this.expectation = { resolve, reject };
    }).finally(() => {
      this.expectation = undefined;
    });
  }

  private receive(message: ToWorker): void {
    switch (message.kind) {
      case 'ready':
        this.expectation?.resolve();
        break;
      case 'call':
        this.answer(message);
        break;
      case 'completed':
        this.expectation?.resolve(message.value);
        break;
      case 'failed':
        this.expectation?.reject(fromPlainError(message.error));
        break;
      case 'unusable':
      case 'crashed': {
        this.isSpent = true;
        const error = fromPlainError(message.error);
        if (this.expectation) this.expectation.reject(error);
        else this.onError(error);
        break;
      }
      case 'leaving':
        this.isSpent = true;
        break;
    }
  }

  private answer(call: CallMessage): void {
    const { id } = call;
    const job = this.job!;
    this.calls = this.calls
      .then(() => performCall(job, call))
      .then(
        (value) => this.link.send({ kind: 'answer', id, value }),
        (error) => this.link.send({ kind: 'answer', id, error: toPlainError(error) }),
      );
  }
}

function exitError({ code, signal, cause }: Exit): Error {
  return new Error(`Unexpected exit code: ${code} signal: ${signal}`, cause && { cause });
}
