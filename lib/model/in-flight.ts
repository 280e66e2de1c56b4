import { Roster, Transient } from './roster';

class Flight extends Transient {
  constructor(readonly over: Promise<unknown>) {
    super();
  }
}

/** Promises that are yet to settle. */
export class InFlight {
  private readonly flights = new Roster<Flight>();

  get size(): number {
    return this.flights.size;
  }

  /** @returns the same promise, for the caller to see to: one that rejects unheard does so silently from now on */
  add<T>(promise: Promise<T>): Promise<T> {
    const flight = new Flight(promise);
    const land = () => {
      this.flights.delete(flight);
    };
    this.flights.add(flight);
    promise.then(land, land);
    return promise;
  }

  /** Resolves when those of this moment have settled, whatever became of them. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.flights].map(({ over }) => over));
  }
}
