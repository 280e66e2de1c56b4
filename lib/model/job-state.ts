/** States of a job. `prioritized` is a waiting job with a priority other than 0. */
export type JobState =
  | 'waiting'
  | 'prioritized'
  | 'delayed'
  | 'active'
  | 'waiting-children'
  | 'completed'
  | 'failed';

/** What getters accept: BullMQ's names, of which `wait` is a synonym of `waiting`. */
export type JobType = JobState | 'wait';

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

/** Whether a getter's argument, which may come from BullMQ's version 5, stands for a state. */
export function isJobType(type: string): type is JobType {
  return type === 'wait' || jobStates.includes(type as JobState);
}

/** The state that a getter's argument stands for. */
export function toJobState(type: JobType): JobState {
  return type === 'wait' ? 'waiting' : type;
}
