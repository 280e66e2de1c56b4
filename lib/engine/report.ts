import type { Refusal } from '../model/errors';
import type { ClaimedJob, Settlement } from '../model/job-record';
import type { RefusedSettlement } from '../store/store';

/** What became of a job, on its way to the database. */
export class Report {
  readonly answered: Promise<Refusal | null>;
  /** Sent before, with an answer that never came. */
  private isRepeated = false;
  private resolve!: (refusal: Refusal | null) => void;
  reject!: (error: Error) => void;

  constructor(
    readonly job: ClaimedJob,
    readonly settlement: Settlement,
  ) {
    this.answered = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** It has to be sent again, and nobody knows whether it has arrived. */
  repeat(): this {
    this.isRepeated = true;
    return this;
  }

  /** Null when the database accepted it, now or when it was sent before. */
  answer(refusal: Refusal | null): void {
    const wasAccepted = this.isRepeated && refusal === traceOf(this.settlement);
    this.resolve(wasAccepted ? null : refusal);
  }
}

export function answerAll(
  reports: readonly Report[],
  refused: readonly RefusedSettlement[] | null,
): void {
  const refusals = refused && new Map(refused.map((refusal) => [keyOf(refusal), refusal.outcome]));
  for (const report of reports) report.answer(refusals?.get(keyOf(report.settlement)) ?? null);
}

/** A run of a job: the job may run again before what became of it is known. */
function keyOf({ id, token }: { id: string; token: string }): string {
  return `${token} ${id}`;
}

/** How a report that was accepted is refused when it is repeated. */
function traceOf({ outcome, remove }: Settlement): Refusal {
  if (outcome === 'retried') return 'lock_missing';
  return remove ? 'missing' : 'already_settled';
}
