import { performance } from 'node:perf_hooks';
import { payloads } from './fill';
import { ADDS_ALIKE, jobsPerSecond, type Workload } from './workload';

interface AddParams {
  jobs: number;
  inFlight: number;
  bulk: number;
}

/** The first part of each run is not measured: it warms up the process and its connections. */
const WARM_UP_SHARE = 0.1;

/** Adds until `jobs` are stored: `inFlight` calls at a time, each with `bulk` jobs. */
export const add: Workload<AddParams> = {
  title: 'Add',
  metrics: { rate: jobsPerSecond },
  variants: {
    'one by one': {
      full: { jobs: 2_000, inFlight: 1, bulk: 1 },
      quick: { jobs: 300, inFlight: 1, bulk: 1 },
    },
    '20 in flight': {
      full: { jobs: 10_000, inFlight: 20, bulk: 1 },
      quick: { jobs: 1_000, inFlight: 20, bulk: 1 },
    },
    'bulk of 500': {
      full: { jobs: 20_000, inFlight: 1, bulk: 500 },
      quick: { jobs: 5_000, inFlight: 1, bulk: 500 },
    },
  },
  leftOut: ADDS_ALIKE,
  async run({ peer, params }) {
    const warmUp = Math.max(params.jobs * WARM_UP_SHARE, params.bulk);
    await addAll({ ...params, jobs: warmUp });
    const from = performance.now();
    await addAll(params);
    const seconds = (performance.now() - from) / 1000;
    await peer.close();
    return { rate: params.jobs / seconds };

    async function addAll({ jobs, inFlight, bulk }: AddParams) {
      let added = 0;
      const producer = async () => {
        while (added < jobs) {
          const index = added;
          added += bulk;
          await (bulk === 1 ? peer.add({ index }) : peer.addBulk(payloads(bulk, index)));
        }
      };
      await Promise.all(Array.from({ length: inFlight }, producer));
    }
  },
};
