/** How many jobs of a queue were completed, or failed, minute by minute. */
export interface Metrics {
  meta: {
    /** Of all time. */
    count: number;
    /**
     * When the first job of the latest minute that has any finished, in milliseconds since 1970; 0
     * for none.
     */
    prevTS: number;
    /** How many there were before that minute. */
    prevCount: number;
  };
  /** Of the minutes before that one, newest first. */
  data: number[];
  /** How many minutes are kept. */
  count: number;
}

/**
 * Counts of a queue in the text format of Prometheus.
 * @param jobs by state
 * @param variables more labels
 */
export function toPrometheusText(
  queue: string,
  jobs: Record<string, number>,
  finished: { completed: number; failed: number },
  variables: Record<string, string> = {},
): string {
  const more = Object.entries(variables).map(([name, value]) => `, ${label(name, value)}`);
  const labels = (...own: string[]) => `{${own.join(', ')}${more.join('')}}`;
  const name = label('queue', queue);
  return [
    '# HELP bullmq_job_count Number of jobs in the queue by state',
    '# TYPE bullmq_job_count gauge',
    ...Object.entries(jobs).map(
      ([state, count]) => `bullmq_job_count${labels(name, label('state', state))} ${count}`,
    ),
    '# HELP bullmq_job_completed_total Total number of completed jobs',
    '# TYPE bullmq_job_completed_total counter',
    `bullmq_job_completed_total${labels(name)} ${finished.completed}`,
    '# HELP bullmq_job_failed_total Total number of failed jobs',
    '# TYPE bullmq_job_failed_total counter',
    `bullmq_job_failed_total${labels(name)} ${finished.failed}`,
  ].join('\n');
}

function label(name: string, value: string): string {
  const escaped = `${value}`
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('"', '\\"');
  return `${name}="${escaped}"`;
}
