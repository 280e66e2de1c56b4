/** What a reader got, held against what was committed. */
export interface Verdict {
  events: number;
  lost: number;
  repeated: number;
  /** Events of one job or entity that came in another order than they were committed in. */
  disordered: number;
  /** Events whose own number is below that of an earlier one: a cursor on it would have lost them. */
  late: number;
}

export interface Committed {
  jobIds: readonly string[];
  /** How often each entity was changed. */
  changes: ReadonlyMap<string, number>;
}

/** @param lines `<id> <event> <job or entity> [<number of the change>]` */
export function judge(lines: readonly string[], { jobIds, changes }: Committed): Verdict {
  const expected = new Set<string>();
  for (const id of jobIds) expected.add(`added ${id}`).add(`waiting ${id}`);
  for (const [id, count] of changes) {
    for (let n = 1; n <= count; n++) expected.add(`changed ${id} ${n}`);
  }
  const got = new Set<string>();
  const changed = new Map<string, number>();
  const verdict = { events: lines.length, lost: 0, repeated: 0, disordered: 0, late: 0 };
  let highest = 0;
  for (const line of lines) {
    const [id, name, about, n] = line.split(' ') as [string, string, string, string?];
    const event = [name, about, n].filter(Boolean).join(' ');
    if (got.has(event)) verdict.repeated++;
    got.add(event);
    if (!expected.delete(event) && name !== 'end') verdict.repeated++;
    if (name === 'waiting' && !got.has(`added ${about}`)) verdict.disordered++;
    if (name === 'changed') {
      if (Number(n) !== (changed.get(about) ?? 0) + 1) verdict.disordered++;
      changed.set(about, Number(n));
    }
    const number = Number(id.split('-')[1]);
    if (number < highest) verdict.late++;
    highest = Math.max(highest, number);
  }
  verdict.lost = expected.size;
  return verdict;
}
