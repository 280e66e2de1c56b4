import { add } from './add';
import { connections } from './connections';
import { deepQueue } from './deep-queue';
import { fanIn } from './fan-in';
import { pickup } from './pickup';
import { processing } from './process';
import { serverCost } from './server-cost';
import type { Workload } from './workload';

export const workloads: Record<string, Workload> = {
  add,
  process: processing,
  pickup,
  'fan-in': fanIn,
  connections,
  'server-cost': serverCost,
  'deep-queue': deepQueue,
};
