import { Passing, Roster } from './roster';

class Flight extends Passing {
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

  /** @returns the same promise */
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
