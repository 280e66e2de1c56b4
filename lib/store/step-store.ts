import { lookupId } from '../model/json';
import type { StepRecord, StepReport } from '../model/step';
import { toMilliseconds } from '../model/whole-number';
import type { Outcome, StepOutcome } from './answers';
import { JobStore } from './job-store';

/** What the database does with the steps of a job: transactions, results, waits and signals. */
export class StepStore extends JobStore {
  /** Right after BEGIN, on the session of a transaction. `idleMs`: how long it may then be idle. */
  async beginTransaction(
    queueId: number,
    id: string,
    token: string,
    idleMs: number,
  ): Promise<{ outcome: Outcome; pid: number }> {
    return this.value('begin_transaction', queueId, id, token, idleMs);
  }

  /**
   * Outcomes in the order of the steps, whether the transaction has moved the job of its run, and the id of the transaction that saved
   * them.
   */
  async saveSteps(
    steps: readonly StepReport[],
  ): Promise<{ outcomes: StepOutcome[]; moved: boolean; xid: string }> {
    return this.value('save_steps', JSON.stringify(steps));
  }

  async checkRun(queueId: number, id: string, token: string): Promise<Outcome> {
    return (await this.text('check_run', queueId, id, token)) as Outcome;
  }

  async getCommitStatus(
    xid: string,
    { queue_id, id, token, name }: StepReport,
  ): Promise<'committed' | 'aborted' | 'in_progress'> {
    return (await this.text('get_commit_status', xid, queue_id, id, token, name)) as 'committed';
  }

  async endSession(pid: number): Promise<void> {
    await this.text('end_session', pid);
  }

  /** @param until milliseconds since 1970, or else `ms` from now */
  async sleepJob(
    queueId: number,
    id: string,
    token: string,
    name: string,
    { until, ms }: { until?: number; ms?: number },
  ): Promise<Outcome | 'done'> {
    const times = [until, ms].map((time) =>
      time === undefined ? null : toMilliseconds('A sleep', time),
    );
    return (await this.text('sleep_job', queueId, id, token, name, ...times)) as Outcome;
  }

  async awaitChildren(
    queueId: number,
    id: string,
    token: string,
    name: string,
  ): Promise<Outcome | 'done'> {
    return (await this.text('await_children', queueId, id, token, name)) as Outcome;
  }

  async awaitSignal(
    queueId: number,
    id: string,
    token: string,
    name: string,
    signal: string,
    ms: number | undefined,
  ): Promise<{ outcome: Outcome | 'done' | 'timed_out'; value: unknown }> {
    const timeout = ms === undefined ? null : toMilliseconds('The timeout of a signal', ms);
    return this.value('await_signal', queueId, id, token, name, signal, timeout);
  }

  /** @param payload JSON text */
  async sendSignal(queueId: number, id: string, name: string, payload: string): Promise<Outcome> {
    return (await this.text('send_signal', queueId, lookupId(id), name, payload)) as Outcome;
  }

  async getSteps(queueId: number, id: string): Promise<StepRecord[]> {
    return (await this.value<StepRecord[] | null>('get_steps', queueId, lookupId(id))) ?? [];
  }

  async retryFromStep(
    queueId: number,
    id: string,
    name: string,
    opts: object,
  ): Promise<Outcome | 'step_missing'> {
    const outcome = await this.text(
      'retry_from_step',
      queueId,
      lookupId(id),
      name,
      JSON.stringify(opts),
    );
    return outcome as Outcome;
  }
}
