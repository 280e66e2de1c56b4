import type { Peer } from '../peers/peer';

const BULK = 500;

/** `count` small payloads, numbered from `from`. */
export function payloads(count: number, from = 0): { index: number }[] {
  return Array.from({ length: count }, (_, i) => ({ index: from + i }));
}

/** Adds jobs for a worker that is not started yet. */
export async function fill(peer: Peer, count: number): Promise<void> {
  for (let from = 0; from < count; from += BULK) {
    await peer.addBulk(payloads(Math.min(BULK, count - from), from));
  }
}
