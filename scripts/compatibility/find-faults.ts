import type { PublicType } from './read-types';
import { isVerdict, type Verdict, type Verdicts } from './verdict';

/** What the verdicts are held against. */
export interface Facts {
  bullmq: Map<string, PublicType>;
  ours: Map<string, PublicType>;
  /** Full titles of our tests. */
  tests: { has(title: string): boolean };
}

/** What is wrong with the verdicts, one line each; nothing when they are complete and true. */
export function findFaults(verdicts: Verdicts, facts: Facts): string[] {
  const faults: string[] = [];
  for (const [name, type] of facts.bullmq) {
    const entry = verdicts[name];
    if (!entry) faults.push(`${name}: BullMQ exports it, and it has no verdict`);
    else if (isVerdict(entry)) faults.push(...faultsOfWhole(name, type, entry, verdicts, facts));
    else faults.push(...faultsOfMembers(name, type, entry, facts));
  }
  for (const name of Object.keys(verdicts)) {
    if (!facts.bullmq.has(name))
      faults.push(`${name}: has a verdict, and BullMQ does not export it`);
  }
  return faults;
}

function faultsOfWhole(
  name: string,
  type: PublicType,
  verdict: Verdict,
  verdicts: Verdicts,
  { ours, tests }: Facts,
): string[] {
  const isOurs = ours.has(name);
  if (verdict.verdict === 'not here')
    return isOurs ? [`${name}: is said to be not here, and is`] : [];
  if (!isOurs) return [`${name}: is said to be here, and is not exported`];
  if (verdict.verdict === 'like') {
    const isKnown = verdicts[verdict.name] !== undefined;
    return isKnown ? [] : [`${name}: is said to be like ${verdict.name}, which has no verdict`];
  }
  const faults = faultsOfTest(name, verdict, tests);
  if (type.kind === 'enum') {
    const missing = type.members.filter((member) => !ours.get(name)?.members.includes(member));
    faults.push(...missing.map((member) => `${name}.${member}: is not here`));
  } else if (needsMembers(name, type) && verdict.verdict === 'same') {
    faults.push(`${name}: has members, each of which needs a verdict`);
  }
  return faults;
}

/** Errors are judged as a whole: all there is to one is its name and its message. */
function needsMembers(name: string, { members }: PublicType): boolean {
  return members.length > 0 && !name.endsWith('Error');
}

function faultsOfMembers(
  name: string,
  type: PublicType,
  entry: { [member: string]: Verdict },
  { ours, tests }: Facts,
): string[] {
  const isPromised = Object.values(entry).some(({ verdict }) => verdict !== 'not here');
  if (isPromised && !ours.has(name)) return [`${name}: is said to be here, and is not exported`];
  const ownMembers = ours.get(name)?.members ?? [];
  const faults: string[] = [];
  for (const member of type.members) {
    const verdict = entry[member];
    const isHere = ownMembers.includes(member);
    if (!verdict) faults.push(`${name}.${member}: BullMQ has it, and it has no verdict`);
    else if (verdict.verdict === 'not here') {
      if (isHere) faults.push(`${name}.${member}: is said to be not here, and is`);
    } else {
      if (!isHere) faults.push(`${name}.${member}: is said to be here, and is not`);
      faults.push(...faultsOfTest(`${name}.${member}`, verdict, tests));
    }
  }
  const strangers = Object.keys(entry).filter((member) => !type.members.includes(member));
  faults.push(...strangers.map((member) => `${name}.${member}: BullMQ does not have it`));
  return faults;
}

function faultsOfTest(what: string, verdict: Verdict, tests: Facts['tests']): string[] {
  const test = 'test' in verdict ? verdict.test : undefined;
  if (test === undefined || tests.has(test)) return [];
  return [`${what}: no test is called "${test}"`];
}
