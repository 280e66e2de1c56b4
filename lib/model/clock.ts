/**
 * Milliseconds since 1970 by this machine. What the database decides, it decides by its own clock.
 */
export function now(): number {
  return Date.now();
}
