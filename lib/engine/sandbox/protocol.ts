import type { CallMessage } from './job-calls';
import type { PlainError } from './plain-error';

/** What a worker says to a child. It runs one job at a time. */
export type ToChild =
  | { kind: 'load'; file: string }
  /** `job` is JSON text. */
  | { kind: 'run'; job: string; token: string }
  | { kind: 'abort'; reason?: string }
  | ({ kind: 'answer' } & AnswerMessage)
  /** For threads, which get no SIGTERM. */
  | { kind: 'stop' };

/** What a child says to its worker. */
export type ToWorker =
  | { kind: 'ready' }
  /** The processor file could not be loaded; the child exits. */
  | { kind: 'unusable'; error: PlainError }
  | ({ kind: 'call' } & CallMessage)
  /** `value` is JSON text. */
  | { kind: 'completed'; value: string }
  | { kind: 'failed'; error: PlainError }
  /** An exception that nobody caught; the child exits. */
  | { kind: 'crashed'; error: PlainError }
  /** The child was asked to end, and does when its job is done. */
  | { kind: 'leaving' };

/** What came of a call: a value as JSON text, or an error. */
export interface AnswerMessage {
  id: number;
  value?: string | undefined;
  error?: PlainError;
}
