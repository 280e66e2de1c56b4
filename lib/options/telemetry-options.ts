import type { SpanKind } from '../model/telemetry';

/**
 * What traces and measures: BullMQ's interface, so that what was made for BullMQ fits, such as a
 * `BullMQOtel` of `bullmq-otel`.
 */
// biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, a context is the implementation's own
export interface Telemetry<Context = any> {
  tracer: Tracer<Context>;
  contextManager: ContextManager<Context>;
  /** Without one nothing is measured. */
  meter?: Meter | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: see above
export interface Tracer<Context = any> {
  /** @param context that of the parent. Default: the active one. */
  startSpan(name: string, options?: SpanOptions, context?: Context): Span<Context>;
}

export interface SpanOptions {
  kind: SpanKind;
}

// biome-ignore lint/suspicious/noExplicitAny: see above
export interface Span<Context = any> {
  /** The context, with this span as the parent of what is started in it. */
  setSpanOnContext(context: Context): Context;
  setAttribute(key: string, value: AttributeValue): void;
  setAttributes(attributes: Attributes): void;
  addEvent(name: string, attributes?: Attributes): void;
  recordException(exception: Exception, time?: Time): void;
  end(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: see above
export interface ContextManager<Context = any> {
  /** Runs `fn` with `context` as the active one, here and in all that it awaits. */
  // biome-ignore lint/suspicious/noExplicitAny: as in BullMQ, whatever function
  with<Fn extends (...args: any[]) => any>(context: Context, fn: Fn): ReturnType<Fn>;
  active(): Context;
  /** A context without a span. */
  root?(): Context;
  /** The context as text, to travel with a job. */
  getMetadata(context: Context): string;
  fromMetadata(active: Context, metadata: string): Context;
}

export interface Meter {
  createCounter(name: string, options?: MetricOptions): Counter;
  createHistogram(name: string, options?: MetricOptions): Histogram;
  createGauge(name: string, options?: MetricOptions): Gauge;
}

export interface MetricOptions {
  description?: string;
  unit?: string;
}

export interface Counter {
  add(value: number, attributes?: Attributes): void;
}

export interface Histogram {
  record(value: number, attributes?: Attributes): void;
}

export interface Gauge {
  record(value: number, attributes?: Attributes): void;
}

export interface Attributes {
  [attribute: string]: AttributeValue | undefined;
}

export type AttributeValue =
  | string
  | number
  | boolean
  | (null | undefined | string)[]
  | (null | undefined | number)[]
  | (null | undefined | boolean)[];

export type Exception =
  | string
  | { code: string | number; name?: string; message?: string; stack?: string }
  | { code?: string | number; name?: string; message: string; stack?: string }
  | { code?: string | number; name: string; message?: string; stack?: string };

/** Seconds and nanoseconds, milliseconds since 1970, or a Date. */
export type Time = [number, number] | number | Date;

/** What a job carries of the trace in which it was added. */
export interface JobTelemetry {
  /** The context as text. Set by an instance that has `telemetry`. */
  metadata?: string;
  /** Add the job without the context: its run begins a trace of its own. Default false. */
  omitContext?: boolean;
}
