import { toJsonText } from '../../model/json';
import { loadProcessor, type SandboxedProcessor } from './load-processor';
import { toPlainError } from './plain-error';
import type { ToChild, ToWorker } from './protocol';
import { RunCalls, sandboxedJob } from './sandboxed-job';

/** The way from a child to its worker. */
export interface Channel {
  /** Resolves when the message is out of this process or thread, or never will be. */
  post(message: ToWorker): Promise<void>;
  listen(listener: (message: ToChild) => void): void;
}

/** Within a child: loads the processor, runs the jobs that the worker sends, one at a time. */
export class ChildServer {
  private processor: SandboxedProcessor | undefined;
  private run: { calls: RunCalls; controller: AbortController } | undefined;
  private isLeaving = false;

  constructor(private readonly channel: Channel) {
    channel.listen((message) => void this.receive(message));
    process.on('uncaughtException', (error) =>
      this.exitAfter({ kind: 'crashed', error: toPlainError(error) }),
    );
  }

  /** Ends the child, when its job is done. */
  async leave(): Promise<void> {
    if (this.isLeaving) return;
    this.isLeaving = true;
    await this.channel.post({ kind: 'leaving' });
    if (!this.run) process.exit();
  }

  private async receive(message: ToChild): Promise<void> {
    switch (message.kind) {
      case 'load':
        return this.load(message.file);
      case 'run':
        return this.process(message.job, message.token);
      case 'abort':
        return this.run?.controller.abort(message.reason);
      case 'answer':
        return this.run?.calls.answer(message);
      case 'stop':
        return this.leave();
    }
  }

  private async load(file: string): Promise<void> {
    try {
      this.processor = await loadProcessor(file);
    } catch (error) {
      return this.exitAfter({ kind: 'unusable', error: toPlainError(error) });
    }
    await this.channel.post({ kind: 'ready' });
  }

  private async process(json: string, token: string): Promise<void> {
    const fields = JSON.parse(json) as { id: string };
    const calls = new RunCalls(fields.id, (call) => {
      void this.channel.post({ kind: 'call', ...call });
    });
    const controller = new AbortController();
    this.run = { calls, controller };
    const outcome = await this.outcomeOf(async () => {
      const result = await this.processor!(sandboxedJob(fields, calls), token, controller.signal);
      return toJsonText(result, `The return value of job ${fields.id}`);
    });
    calls.end();
    this.run = undefined;
    await this.channel.post(outcome);
    if (this.isLeaving) process.exit();
  }

  private async outcomeOf(work: () => Promise<string>): Promise<ToWorker> {
    try {
      return { kind: 'completed', value: await work() };
    } catch (thrown) {
      return { kind: 'failed', error: toPlainError(thrown) };
    }
  }

  /** After this the child is in a state that nobody knows. */
  private async exitAfter(message: ToWorker): Promise<void> {
    await this.channel.post(message);
    process.exit(1);
  }
}
