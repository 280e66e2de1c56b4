import { EventEmitter } from 'node:events';

// biome-ignore lint/suspicious/noExplicitAny: listeners of events whose arguments nobody has declared
type AnyListener = (...args: any[]) => void;

/**
 * An emitter that never throws: an exception of a listener is emitted as `error`, and an error that
 * nobody listens to becomes a process warning. `Listeners` has a listener for each event.
 */
export class TypedEmitter<Listeners> extends EventEmitter {
  override on<Event extends keyof Listeners>(event: Event, listener: Listeners[Event]): this;
  override on(event: string | symbol, listener: AnyListener): this;
  // biome-ignore lint/suspicious/noExplicitAny: as wide as all overloads
  override on(event: any, listener: any): this {
    return super.on(event, listener);
  }

  override once<Event extends keyof Listeners>(event: Event, listener: Listeners[Event]): this;
  override once(event: string | symbol, listener: AnyListener): this;
  // biome-ignore lint/suspicious/noExplicitAny: as wide as all overloads
  override once(event: any, listener: any): this {
    return super.once(event, listener);
  }

  override off<Event extends keyof Listeners>(event: Event, listener: Listeners[Event]): this;
  override off(event: string | symbol, listener: AnyListener): this;
  // biome-ignore lint/suspicious/noExplicitAny: as wide as all overloads
  override off(event: any, listener: any): this {
    return super.off(event, listener);
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'error' && this.listenerCount('error') === 0) {
      warn(args[0]);
      return false;
    }
    try {
      return super.emit(event, ...args);
    } catch (error) {
      if (event === 'error') {
        warn(error);
        return false;
      }
      return this.emit('error', error);
    }
  }
}

/** By text: Node accepts only Errors of its own realm, and listeners may throw anything. */
function warn(error: unknown): void {
  const { name, message, stack } = (error ?? {}) as Partial<Error>;
  process.emitWarning(message ?? String(error), {
    type: name ?? 'Error',
    ...(stack && { detail: stack }),
  });
}
