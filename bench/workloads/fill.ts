import type { Peer } from '../peers/peer';

const BULK = 500;

/** @param textBytes of an added field; default: none */
export function payload(index: number, textBytes = 0): { index: number; text?: string } {
  return textBytes === 0 ? { index } : { index, text: textOf(index, textBytes) };
}

/** `count` payloads, numbered from `from`. */
export function payloads(count: number, from = 0, textBytes = 0): { index: number }[] {
  return Array.from({ length: count }, (_, i) => payload(from + i, textBytes));
}

/** Adds jobs for a worker that is not started yet. */
export async function fill(peer: Peer, count: number, textBytes = 0): Promise<void> {
  for (let from = 0; from < count; from += BULK) {
    await peer.addBulk(payloads(Math.min(BULK, count - from), from, textBytes));
  }
}

/** A different text for each job, which a server that compresses cannot make small. */
function textOf(seed: number, bytes: number): string {
  let state = seed + 1;
  let text = '';
  while (text.length < bytes) {
    state = (state * 48_271) % 2_147_483_647;
    text += state.toString(36);
  }
  return text.slice(0, bytes);
}
