/** States of a job. `prioritized` is a waiting job with a priority other than 0. */
export type JobState =
  | 'waiting'
  | 'prioritized'
  | 'delayed'
  | 'active'
  | 'waiting-children'
  | 'completed'
  | 'failed';

/**
 * What getters accept: BullMQ's names, of which `wait` is a synonym of `waiting` and `repeat` the state of
 * nothing.
 */
export type JobType = JobState | 'wait' | 'repeat';

/** Jobs that run no more. */
export type FinishedStatus = 'completed' | 'failed';

/** All states, in the order in which getters list them when none is named. */
export const jobStates: readonly JobState[] = [
  'active',
  'completed',
  'delayed',
  'failed',
  'prioritized',
  'waiting',
  'waiting-children',
];

/** The state that a getter's argument stands for, or undefined: it may be a word of BullMQ's alone. */
export function toJobState(type: string): JobState | undefined {
  return type === 'wait' ? 'waiting' : jobStates.find((state) => state === type);
}
