/** A step of a job, a wait of it, or a signal that it has yet to wait for. Times: milliseconds since 1970. */
export interface StepRecord {
  name: string;
  kind: 'step' | 'sleep' | 'children' | 'signal';
  /**
   * `failed`: the last try did, so far. `timed-out`: no signal came in time. `unread`: a signal that
   * nobody has waited for.
   */
  state: 'completed' | 'failed' | 'sleeping' | 'waiting' | 'timed-out' | 'unread';
  /** Tries of a step that ended; one that was cut off by the death of its worker is not counted. */
  attempts: number;
  /** What is waited for. */
  signal: string | null;
  /** What the step returned, or the signal brought. */
  result: unknown;
  /** Why the last try that failed did so. */
  error: string | null;
  startedAt: number;
  /** When a sleep, or the wait for a signal, ends. */
  wakeAt: number | null;
  finishedAt: number | null;
}

/** What became of a step in a run: the fields that `save_steps` reads. */
export interface StepReport {
  queue_id: number;
  id: string;
  token: string;
  name: string;
  kind: 'step' | 'transaction';
  /** JSON text. */
  result?: string;
  /** Why this try failed. */
  error?: string;
  attempts: number;
  elapsed_ms: number;
  /** To be saved in the transaction of the run, and in no other. */
  in_transaction?: boolean;
}
