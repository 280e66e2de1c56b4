import type { Place, ServerName } from '../peers/peer';
import { openPostgresMeter } from './postgres';
import { openRedisMeter } from './redis';

/** What a server says of the clients of one run. */
export interface Meter {
  /** How many queries, or commands, they have sent since the meter was opened; only differences mean something. */
  queries(): Promise<number>;
  /** How many connections they hold. */
  sessions(): Promise<number>;
  close(): Promise<void>;
}

export function openMeter(server: ServerName, place: Place, monitorUrl: string): Promise<Meter> {
  return server === 'postgres' ? openPostgresMeter(place, monitorUrl) : openRedisMeter(place);
}
