/** What became here of a member that BullMQ has. */
export type Verdict =
  | { verdict: 'same'; test: string }
  | { verdict: 'differs'; note: string; test?: string }
  | { verdict: 'not here'; note: string }
  | { verdict: 'like'; name: string };

/** A verdict for a name as a whole, or one for each of its members. */
export type Verdicts = { [name: string]: Verdict | { [member: string]: Verdict } };

/** @param test full title of a test that fails when the behaviour is missing */
export function same(test: string): Verdict {
  return { verdict: 'same', test };
}

/** @param note how it differs, and why */
export function differs(note: string, test?: string): Verdict {
  return test === undefined ? { verdict: 'differs', note } : { verdict: 'differs', note, test };
}

/** @param note why, or what to use instead */
export function notHere(note: string): Verdict {
  return { verdict: 'not here', note };
}

/** A type with the members of another one. */
export function like(name: string): Verdict {
  return { verdict: 'like', name };
}

export function isVerdict(entry: Verdict | { [member: string]: Verdict }): entry is Verdict {
  return typeof entry['verdict'] === 'string';
}
