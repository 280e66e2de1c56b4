import type { Row } from '../db/database';
import type { ClaimedJob } from '../model/job-record';
import { Transient } from '../model/roster';

/** A job that was claimed, as its row of the SQL type `claimed_job` tells. */
export class ClaimedRow extends Transient implements ClaimedJob {
  id: string;
  name: string;
  data: unknown;
  opts: Record<string, unknown>;
  timestamp: number;
  processedOn: number;
  priority: number;
  attemptsMade: number;
  attemptsStarted: number;
  delay = 0;
  stalledCounter = 0;

  /** @param parse what its columns of type json are to be read with */
  constructor(
    row: Row,
    public token: string,
    parse: (json: string) => unknown,
  ) {
    super();
    const text = row as Record<string, string>;
    this.id = text['id']!;
    this.name = text['name']!;
    this.data = parse(text['data']!);
    this.opts = parse(text['opts']!) as Record<string, unknown>;
    this.timestamp = Number(text['created_at']);
    this.processedOn = Number(text['processed_at']);
    this.priority = Number(text['priority']);
    this.attemptsMade = Number(text['attempts_made']);
    this.attemptsStarted = Number(text['attempts_started']);
  }
}

/** @param queueKeys of the queues of parents, by id */
export function toClaimedJob(
  row: Row,
  token: string,
  queueKeys: ReadonlyMap<number, string>,
  parse: (json: string) => unknown = JSON.parse,
): ClaimedJob {
  const job: ClaimedJob = new ClaimedRow(row, token, parse);
  const parentQueueId = parentQueueIdOf(row);
  if (parentQueueId !== null) {
    job.parentQueueId = parentQueueId;
    job.parentId = row['parent_id'] as string;
    job.parentKey = `${queueKeys.get(parentQueueId)}:${job.parentId}`;
  }
  if (row['more']) Object.assign(job, parse(row['more'] as string));
  return job;
}

export function parentQueueIdOf({ parent_queue_id: id }: Row): number | null {
  return id == null ? null : Number(id);
}
