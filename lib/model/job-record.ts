import type { JobState } from './job-state';

/** What `job.updateProgress` takes. */
export type JobProgress = string | boolean | number | object;

/**
 * A job as the database returns it. Times in milliseconds since 1970; data, options and results
 * parsed.
 */
export interface JobRecord {
  id: string;
  name: string;
  data: unknown;
  opts: Record<string, unknown>;
  state?: JobState;
  timestamp: number;
  delay: number;
  priority: number;
  attemptsMade: number;
  attemptsStarted: number;
  stalledCounter: number;
  token?: string | null;
  processedOn?: number | null;
  processedBy?: string | null;
  finishedOn?: number | null;
  parentKey?: string | null;
  parentId?: string | null;
  /** What its failure does to its parent; undefined when its options say so. */
  onFailure?: FailurePolicy | null;
  progress?: unknown;
  returnvalue?: unknown;
  failedReason?: string | null;
  stacktrace?: string[] | null;
  deferredFailure?: string | null;
  /** The scheduler that made it. */
  repeatJobKey?: string | null;
}

/** The parent of a job, marked by what the failure of the job does to it. */
export interface ParentKeys {
  id?: string;
  /** `<prefix>:<queue>`. */
  queueKey: string;
  /** `failParentOnFailure` */
  fpof?: boolean;
  /** `removeDependencyOnFailure` */
  rdof?: boolean;
  /** `ignoreDependencyOnFailure` */
  idof?: boolean;
  /** `continueParentOnFailure` */
  cpof?: boolean;
}

/** A job that a worker has claimed: active, under this token. */
export interface ClaimedJob extends JobRecord {
  token: string;
  /** Undefined for a job without a parent. */
  parentQueueId?: number;
  /** Among those that its worker holds. */
  place?: number | undefined;
}

/** One job to add: the fields of the SQL type `job_spec`. */
export interface JobSpec {
  queue_id: number;
  id: string | undefined;
  name: string;
  /** JSON text. */
  data: string;
  /** JSON text. */
  opts: string;
  created_at: number | undefined;
  delay_ms: number | undefined;
  priority: number | undefined;
  lifo: boolean | undefined;
  parent_queue_id: number | undefined;
  parent_id: string | undefined;
  on_failure: FailurePolicy | undefined;
  has_children?: boolean;
  parent_in_unit?: boolean;
  deduplication_id?: string | undefined;
}

/** What the failure of a child does to its parent; without one the parent keeps waiting. */
export type FailurePolicy = 'fail-parent' | 'continue-parent' | 'ignore' | 'remove';

/** What became of one active job: the fields of the SQL type `settlement`. */
export interface Settlement {
  /** Set by the answer: when the database recorded it, in milliseconds since 1970. */
  settled_at?: number | undefined;
  id: string;
  token: string;
  outcome: 'completed' | 'failed' | 'retried' | 'moved';
  /** JSON text. */
  value?: string;
  reason?: string;
  /** JSON text. */
  stacktrace?: string;
  delay_ms?: number;
  lifo?: boolean;
  has_parent?: boolean;
  /** As the job was claimed; without it the database looks it up. */
  parent_queue_id?: number;
  parent_id?: string;
  deduplication_id?: string | undefined;
  remove?: boolean;
  keep_count?: number;
  keep_age_ms?: number;
  keep_limit?: number;
  max_stalled_count?: number;
  /** Count it, and keep the counts of so many minutes. */
  metrics_points?: number | undefined;
}

/** A child of a job, and what became of it. */
export interface DependencyRecord {
  key: string;
  status: 'pending' | 'completed' | 'failed' | 'ignored';
  value: unknown;
  reason: string | null;
  queueId: number;
  id: string;
}
