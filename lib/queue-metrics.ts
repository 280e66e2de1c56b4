import { measureCounts } from './engine/job-metrics';
import type { Job } from './job';
import type { FinishedStatus, JobType } from './model/job-state';
import { type Metrics, toPrometheusText } from './model/metrics';
import { QueueGetters } from './queue-getters';

/** What a queue tells those who watch it from outside. */
export class QueueMetrics<JobBase extends Job = Job> extends QueueGetters<JobBase> {
  /**
   * How many jobs were completed, or failed for good, minute by minute. Counted by workers with the
   * option `metrics`.
   * @param start the first minute to return: 0 is the newest; negative ones count from the end
   * @param end the last one, inclusive. Default: all.
   */
  async getMetrics(type: FinishedStatus, start = 0, end = -1): Promise<Metrics> {
    if (type !== 'completed' && type !== 'failed')
      throw new TypeError(`There are no metrics of ${type} jobs`);
    return this.store.getMetrics(await this.queueId(), type, start, end);
  }

  /**
   * Jobs by state, and how many were completed and failed so far as workers count it, in the text
   * format of Prometheus.
   * @param globalVariables labels to add to each line
   */
  async exportPrometheusMetrics(globalVariables?: Record<string, string>): Promise<string> {
    const [jobs, completed, failed] = await Promise.all([
      this.getJobCounts(),
      this.getMetrics('completed', 0, 0),
      this.getMetrics('failed', 0, 0),
    ]);
    const finished = { completed: completed.meta.count, failed: failed.meta.count };
    return toPrometheusText(this.name, jobs, finished, globalVariables);
  }

  /**
   * Records how many jobs are in each of these states (default: all) with the meter of the
   * telemetry, and returns the counts.
   */
  async recordJobCountsMetric(...types: JobType[]): Promise<{ [type: string]: number }> {
    const counts = await this.getJobCounts(...types);
    measureCounts(this.opts.telemetry, this.name, counts);
    return counts;
  }
}
