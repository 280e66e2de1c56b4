import type { StepRecord } from '../model/step';
import { checkStepName } from '../options/step-options';

const runs = new WeakMap<object, JobRun>();

/**
 * What one run of a job has to remember of its steps: those that earlier runs have left, the names
 * that it has used, and how it ended when that was within a transaction. Made when the run first
 * needs it.
 */
export class JobRun {
  /** How its job was completed by a transaction. */
  completion: { value: unknown } | undefined;
  /** The error by which it lets its job wait; whatever it does from then on throws it again. */
  private wait: Error | undefined;
  private stored: Promise<Map<string, StepRecord>> | undefined;
  private readonly names = new Set<string>();
  private readonly underWay = new Set<string>();
  private lastTurn: Promise<unknown> = Promise.resolve();
  private transactions = 0;

  /** The run of this job object: each claim makes one of its own. */
  static of(job: object): JobRun {
    let run = runs.get(job);
    if (!run) {
      run = new JobRun();
      runs.set(job, run);
    }
    return run;
  }

  /** How a transaction of this run has completed the job, if one has. Makes nothing. */
  static completionOf(job: object): { value: unknown } | undefined {
    return runs.get(job)?.completion;
  }

  /** A name for the mark of a transaction; no other of this run has it. */
  nameTransaction(token: string): string {
    this.transactions += 1;
    return `transaction ${token} ${this.transactions}`;
  }

  /**
   * Takes a name in this run, and returns what earlier runs have left under it.
   * @param load reads the steps of the job
   * @throws Error when the name was taken in this run, or belonged to something else in an earlier
   * one; the error of a wait that the processor has caught
   */
  async take(
    name: string,
    kind: StepRecord['kind'],
    load: () => Promise<StepRecord[]>,
  ): Promise<StepRecord | undefined> {
    this.checkGoesOn();
    checkStepName(name);
    if (this.names.has(name)) {
      throw new Error(
        `There is a step "${name}" in this run already: each needs a name of its own, such as "${name} 2"`,
      );
    }
    this.names.add(name);
    this.stored ??= load().then((records) => {
      const known = records.filter(({ state }) => state !== 'unread');
      return new Map(known.map((record) => [record.name, record]));
    });
    this.stored.catch(() => {
      this.stored = undefined;
    });
    const record = (await this.stored).get(name);
    if (record && record.kind !== kind) {
      throw new Error(
        `"${name}" was a ${record.kind} in an earlier run of this job, and is a ${kind} now: give it another name`,
      );
    }
    this.checkGoesOn();
    return record;
  }

  /** Does a step, during which the run cannot begin to wait. */
  async during<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    this.underWay.add(name);
    try {
      return await work();
    } finally {
      this.underWay.delete(name);
    }
  }

  /**
   * Does what may let the job wait, one after the other: once it waits, all of them throw the same
   * error.
   * @throws Error when a step is under way, which the wait would cut off
   */
  inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const turn = this.lastTurn.then(() => {
      this.checkGoesOn();
      this.checkMayWait(name);
      return work();
    });
    this.lastTurn = turn.catch(() => {});
    return turn;
  }

  private checkMayWait(name: string): void {
    const [other] = this.underWay;
    if (other === undefined) return;
    throw new Error(
      `"${name}" cannot wait while the step "${other}" is under way: wait neither within a step nor beside one`,
    );
  }

  /** The error to throw from now on. */
  waits(error: Error): Error {
    this.wait = error;
    return error;
  }

  private checkGoesOn(): void {
    if (this.wait) throw this.wait;
  }
}
