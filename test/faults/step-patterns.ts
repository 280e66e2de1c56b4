/**
 * The four patterns of step jobs, told where a worker may die. Each calls `ran` when it does the
 * work of a step, and `at` at each boundary behind that: work done, next step saved.
 */

import {
  DelayedError,
  type FlowProducer,
  type Job,
  type Queue,
  WaitingChildrenError,
} from '../../lib';

export interface Surroundings {
  /** Notes in the ledger that a step was executed. */
  ran(step: string): Promise<void>;
  /** Where the worker dies if it is to die here. */
  at(boundary: string): Promise<void>;
  children: Queue;
  flow: FlowProducer;
}

export enum Step {
  Initial,
  Second,
  Third,
  Finish,
}

export interface StepPattern {
  process(job: Job, token: string | undefined, surroundings: Surroundings): Promise<unknown>;
  /** The ledger of a run in which nobody dies. */
  steps: string[];
  children: string[];
  /** Where a worker may die, and the step that is then done again because it was not saved. */
  boundaries: Record<string, string | undefined>;
}

const processSteps: StepPattern = {
  steps: ['initial', 'second', 'third'],
  children: [],
  boundaries: {
    'initial done': 'initial',
    'initial saved': undefined,
    'second done': 'second',
    'second saved': undefined,
    'third done': 'third',
    'third saved': undefined,
  },
  async process(job, _token, { ran, at }) {
    let step: Step = job.data.step;
    while (step !== Step.Finish) {
      switch (step) {
        case Step.Initial: {
          await ran('initial');
          await at('initial done');
          await job.updateData({ step: Step.Second });
          await at('initial saved');
          step = Step.Second;
          break;
        }
        case Step.Second: {
          await ran('second');
          await at('second done');
          await job.updateData({ step: Step.Third });
          await at('second saved');
          step = Step.Third;
          break;
        }
        case Step.Third: {
          await ran('third');
          await at('third done');
          await job.updateData({ step: Step.Finish });
          await at('third saved');
          step = Step.Finish;
          break;
        }
        default: {
          throw new Error('invalid step');
        }
      }
    }
    return step;
  },
};

const delaying: StepPattern = {
  steps: ['initial', 'second'],
  children: [],
  boundaries: {
    'initial done': 'initial',
    'initial delayed': 'initial',
    'initial saved': undefined,
    'second done': 'second',
    'second saved': undefined,
  },
  async process(job, token, { ran, at }) {
    let step: Step = job.data.step;
    while (step !== Step.Finish) {
      switch (step) {
        case Step.Initial: {
          await ran('initial');
          await at('initial done');
          await job.moveToDelayed(Date.now() + 200, token);
          await at('initial delayed');
          await job.updateData({ step: Step.Second });
          await at('initial saved');
          step = Step.Second;
          break;
        }
        case Step.Second: {
          await ran('second');
          await at('second done');
          await job.updateData({ step: Step.Finish });
          await at('second saved');
          // Taken over from a worker that died, the job is active here and not delayed.
          throw new DelayedError();
        }
        default: {
          throw new Error('invalid step');
        }
      }
    }
    return step;
  },
};

const waitingChildren: StepPattern = {
  steps: ['initial', 'second', 'third waits', 'third goes on'],
  children: ['child-1', 'child-2'],
  boundaries: {
    'child-1 added': 'initial',
    'initial saved': undefined,
    'child-2 added': 'second',
    'second saved': undefined,
    'third waits': undefined,
    'third goes on': 'third goes on',
    'third saved': undefined,
  },
  async process(job, token, { ran, at, children }) {
    const parent = { id: job.id!, queue: job.queueQualifiedName };
    let step: Step = job.data.step;
    while (step !== Step.Finish) {
      switch (step) {
        case Step.Initial: {
          await ran('initial');
          await children.add('child-1', {}, { parent, jobId: 'child-1' });
          await at('child-1 added');
          await job.updateData({ step: Step.Second });
          await at('initial saved');
          step = Step.Second;
          break;
        }
        case Step.Second: {
          await ran('second');
          await children.add('child-2', {}, { parent, jobId: 'child-2' });
          await at('child-2 added');
          await job.updateData({ step: Step.Third });
          await at('second saved');
          step = Step.Third;
          break;
        }
        case Step.Third: {
          await waitForChildren(job, token, { ran, at });
          step = Step.Finish;
          break;
        }
        default: {
          throw new Error('invalid step');
        }
      }
    }
    return step;
  },
};

const chainingFlows: StepPattern = {
  steps: ['initial', 'second', 'third waits', 'third goes on'],
  children: ['child-job', 'grandchild-0', 'grandchild-1'],
  boundaries: {
    'flow added': 'initial',
    'initial saved': undefined,
    'second done': 'second',
    'second saved': undefined,
    'third waits': undefined,
    'third goes on': 'third goes on',
    'third saved': undefined,
  },
  async process(job, token, { ran, at, children, flow }) {
    let step: Step = job.data.step;
    while (step !== Step.Finish) {
      switch (step) {
        case Step.Initial: {
          await ran('initial');
          await flow.add({
            name: 'child-job',
            queueName: children.name,
            children: ['grandchild-0', 'grandchild-1'].map((name) => ({
              name,
              queueName: children.name,
              opts: { jobId: name },
            })),
            opts: {
              jobId: 'child-job',
              parent: { id: job.id!, queue: job.queueQualifiedName },
            },
          });
          await at('flow added');
          await job.updateData({ step: Step.Second });
          await at('initial saved');
          step = Step.Second;
          break;
        }
        case Step.Second: {
          await ran('second');
          await at('second done');
          await job.updateData({ step: Step.Third });
          await at('second saved');
          step = Step.Third;
          break;
        }
        case Step.Third: {
          await waitForChildren(job, token, { ran, at });
          step = Step.Finish;
          break;
        }
        default: {
          throw new Error('invalid step');
        }
      }
    }
    return step;
  },
};

async function waitForChildren(
  job: Job,
  token: string | undefined,
  { ran, at }: Pick<Surroundings, 'ran' | 'at'>,
): Promise<void> {
  const shouldWait = await job.moveToWaitingChildren(token);
  if (shouldWait) {
    await ran('third waits');
    await at('third waits');
    throw new WaitingChildrenError();
  }
  await ran('third goes on');
  await at('third goes on');
  await job.updateData({ step: Step.Finish });
  await at('third saved');
}

export const patterns: Record<string, StepPattern> = {
  'process steps': processSteps,
  delaying,
  'waiting children': waitingChildren,
  'chaining flows': chainingFlows,
};
