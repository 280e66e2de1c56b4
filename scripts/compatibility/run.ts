/** Writes `docs/bullmq-compatibility.md`; ends with 1 when the verdicts have faults. */

import { writeFileSync } from 'node:fs';
import { findFaults } from './find-faults';
import { pageFile, readFacts } from './read-facts';
import { verdicts } from './verdicts';

const facts = readFacts();
writeFileSync(pageFile, facts.page);
const faults = findFaults(verdicts, facts);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
