import { EventEmitter } from 'node:events';

// biome-ignore-start lint/suspicious/noExplicitAny: listeners of events whose arguments nobody has declared
type AnyListener = (...args: any[]) => void;
// biome-ignore-end lint/suspicious/noExplicitAny: see above

/** A listener for each event. */
export type Named<Listeners> = { [Event in keyof Listeners]: AnyListener };

/** Events of any name. */
export type AnyListeners = Record<string | symbol, AnyListener>;

type Name<Listeners> = keyof Listeners & (string | symbol);
type Arguments<Listener> = Listener extends (...args: infer Args) => void ? Args : never;

/**
 * An emitter that never throws: an exception of a listener is emitted as `error`, and an error that
 * nobody listens to becomes a process warning. `Listeners` has a listener for each event; for events of the
 * application's there is a type argument: `on<OwnListeners>('own', …)`.
 */
export class TypedEmitter<Listeners extends Named<Listeners> = AnyListeners> extends EventEmitter {
  override on<Own extends Listeners = Listeners, Event extends Name<Own> = Name<Own>>(
    event: Event,
    listener: Own[Event],
  ): this {
    return super.on(event, listener);
  }

  override once<Own extends Listeners = Listeners, Event extends Name<Own> = Name<Own>>(
    event: Event,
    listener: Own[Event],
  ): this {
    return super.once(event, listener);
  }

  override off<Own extends Listeners = Listeners, Event extends Name<Own> = Name<Own>>(
    event: Event,
    listener: Own[Event],
  ): this {
    return super.off(event, listener);
  }

  /** An error may be anything, as what is thrown may. */
  override emit(event: 'error', error: unknown): boolean;
  override emit<Own extends Listeners = Listeners, Event extends Name<Own> = Name<Own>>(
    event: Event,
    ...args: Arguments<Own[Event]>
  ): boolean;
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    return this.tell(event, args);
  }

  /** Emits an event of any name. */
  protected tell(event: string | symbol, args: unknown[]): boolean {
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
