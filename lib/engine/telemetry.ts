import { SpanKind, TelemetryAttributes } from '../model/telemetry';
import type {
  Attributes,
  Exception,
  JobTelemetry,
  Span,
  Telemetry,
} from '../options/telemetry-options';

/**
 * Does something within a span, which is the parent of what is traced meanwhile, and records what
 * it throws. Without telemetry just does it, without a span.
 * @param destination what follows the operation in the name of the span; may be empty
 * @param work gets the span and, when it takes two parameters, the context as text, for others to
 * go on from
 * @param metadata the context from which to go on. Default: the active one.
 */
export async function trace<Result>(
  telemetry: Telemetry | undefined,
  kind: SpanKind,
  queueName: string,
  operation: string,
  destination: string,
  work: (span?: Span, metadata?: string) => Promise<Result> | Result,
  metadata?: string,
): Promise<Result> {
  if (!telemetry) return work();
  const { tracer, contextManager } = telemetry;
  const active = contextManager.active();
  const parent = metadata ? contextManager.fromMetadata(active, metadata) : undefined;
  const name = destination ? `${operation} ${destination}` : operation;
  const span = tracer.startSpan(name, { kind }, parent);
  try {
    span.setAttributes({
      [TelemetryAttributes.QueueName]: queueName,
      [TelemetryAttributes.QueueOperation]: operation,
    });
    const isConsumed = kind === SpanKind.CONSUMER && parent !== undefined;
    const context = span.setSpanOnContext(isConsumed ? parent : active);
    const carried = work.length === 2 ? contextManager.getMetadata(context) : undefined;
    return await contextManager.with(context, () => work(span, carried));
  } catch (error) {
    span.recordException(error as Exception);
    throw error;
  } finally {
    span.end();
  }
}

/** Options of a job that carry the context, unless they have one of their own or want none. */
export function carrying<Options extends { telemetry?: JobTelemetry }>(
  opts: Options | undefined,
  metadata: string | undefined,
): Options | undefined {
  const { omitContext, metadata: own } = opts?.telemetry ?? {};
  if (!metadata || omitContext || own) return opts;
  return { ...opts, telemetry: { metadata } } as Options;
}

/** How a method is traced: in a span named after it and the queue. */
export interface TracedMethod<Class, Args extends unknown[], Result> {
  /** Default: INTERNAL. */
  kind?: SpanKind;
  /** What is known before it is done. */
  before?(instance: Class, ...args: Args): Attributes;
  /** What is known when it is done. */
  after?(result: Result): Attributes;
}

/** How the methods of a class are traced, by their names. */
export type TracedMethods<Class> = {
  [Name in keyof Class]?: Class[Name] extends (...args: infer Args) => Promise<infer Result>
    ? TracedMethod<Class, Args, Result>
    : never;
};

interface Traceable {
  readonly name: string;
  readonly opts: { telemetry?: Telemetry };
}

/** Lets these methods of a class be traced on instances that have telemetry. */
export function traceMethods<Class extends Traceable>(
  prototype: Class,
  methods: TracedMethods<Class>,
): void {
  type Method = (...args: unknown[]) => Promise<unknown>;
  const entries = Object.entries<TracedMethod<Class, unknown[], unknown>>(methods as never);
  for (const [name, { kind = SpanKind.INTERNAL, before, after }] of entries) {
    const method = prototype[name as keyof Class] as Method;
    const value = function (this: Class, ...args: unknown[]): Promise<unknown> {
      const { telemetry } = this.opts;
      if (!telemetry) return method.apply(this, args);
      return trace(telemetry, kind, this.name, name, this.name, async (span) => {
        if (before) span!.setAttributes(before(this, ...args));
        const result = await method.apply(this, args);
        if (after) span!.setAttributes(after(result));
        return result;
      });
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
