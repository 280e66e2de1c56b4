import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attributes, Exception, Meter, Span, SpanKind, Telemetry } from '../../lib';

/** A span as it was told; `parent` is the name of the span in whose context it was started. */
export interface RecordedSpan {
  name: string;
  kind: SpanKind | undefined;
  id: string;
  parent: string | undefined;
  /** The id of that span. */
  context: string | undefined;
  attributes: Attributes;
  events: [name: string, attributes: Attributes | undefined][];
  exceptions: Exception[];
  isEnded: boolean;
}

type Measurement = [name: string, value: number, attributes: Attributes | undefined];

/** A context is the id of the span that is current in it, and metadata is that id. */
type Context = string | undefined;

/** Telemetry that keeps what it is told. */
export class RecordingTelemetry implements Telemetry<Context> {
  readonly spans: RecordedSpan[] = [];
  readonly measurements: Measurement[] = [];
  private readonly current = new AsyncLocalStorage<Context>();

  readonly tracer = {
    startSpan: (
      name: string,
      options?: { kind: SpanKind },
      context: Context = this.current.getStore(),
    ): Span<Context> => {
      const parent = this.spans.find(({ id }) => id === context)?.name ?? context;
      const id = `span ${this.spans.length + 1}`;
      const span: RecordedSpan = {
        name,
        kind: options?.kind,
        id,
        parent,
        context,
        attributes: {},
        events: [],
        exceptions: [],
        isEnded: false,
      };
      this.spans.push(span);
      return {
        setSpanOnContext: () => id,
        setAttribute: (key, value) => {
          span.attributes[key] = value;
        },
        setAttributes: (attributes) => Object.assign(span.attributes, attributes),
        addEvent: (event, attributes) => span.events.push([event, attributes]),
        recordException: (exception) => span.exceptions.push(exception),
        end: () => {
          span.isEnded = true;
        },
      };
    },
  };

  readonly contextManager = {
    with: <A extends (...args: never[]) => unknown>(context: Context, fn: A): ReturnType<A> =>
      this.current.run(context, fn as () => ReturnType<A>),
    active: () => this.current.getStore(),
    getMetadata: (context: Context) => context ?? '',
    fromMetadata: (_: Context, metadata: string) => metadata,
  };

  readonly meter: Meter = {
    createCounter: (name) => ({
      add: (value, attributes) => this.measure(name, value, attributes),
    }),
    createHistogram: (name) => ({
      record: (value, attributes) => this.measure(name, value, attributes),
    }),
    createGauge: (name) => ({
      record: (value, attributes) => this.measure(name, value, attributes),
    }),
  };

  private measure(...measurement: Measurement): void {
    this.measurements.push(measurement);
  }

  /** Does something within a span of this name. */
  within<T>(name: string, work: () => T): T {
    const context = this.tracer.startSpan(name).setSpanOnContext(undefined);
    return this.contextManager.with(context, work);
  }

  /** The spans of this name, in the order in which they were started. */
  named(name: string): RecordedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** The names of the spans from the first of a trace to this one. */
  path({ name, context }: RecordedSpan): string[] {
    const parent = this.spans.find(({ id }) => id === context);
    return parent ? [...this.path(parent), name] : [name];
  }

  measured(name: string): Measurement[] {
    return this.measurements.filter((measurement) => measurement[0] === name);
  }
}
