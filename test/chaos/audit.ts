import { withClient } from '../helpers/test-server';
import { CHILDREN, CHILDREN_PER_PARENT, KINDS_WITH_CHILDREN, PARENTS } from './processor';

/** A number that the database tells, beside what it has to be. */
export interface Finding {
  what: string;
  expected: number;
  found: number;
}

/** Counts what is in the database when all is over. */
export function audit(url: string, jobs: number, parents: number): Promise<Finding[]> {
  const children = parents * CHILDREN_PER_PARENT;
  const kinds = KINDS_WITH_CHILDREN.map((kind) => `'${kind}'`).join(', ');
  const isJob = `queue = '${PARENTS}'`;
  const isChild = `queue = '${CHILDREN}'`;
  const findings: [what: string, expected: number, query: string][] = [
    ['jobs', jobs, `select from tuskmq.jobs where ${isJob}`],
    ['jobs completed', jobs, `select from tuskmq.jobs where ${isJob} and state = 'completed'`],
    ['ledger rows of jobs', 3 * jobs, `select from ledger where ${isJob}`],
    [
      'steps of jobs in the ledger',
      3 * jobs,
      `select distinct job, step from ledger where ${isJob} and step between 1 and 3`,
    ],
    ['children', children, `select from tuskmq.jobs where ${isChild}`],
    [
      'children completed',
      children,
      `select from tuskmq.jobs where ${isChild} and state = 'completed'`,
    ],
    ['ledger rows of children', children, `select from ledger where ${isChild}`],
    ['children in the ledger', children, `select distinct job from ledger where ${isChild}`],
    [
      'children whose parent does not exist or has not added them',
      0,
      `select from tuskmq.jobs c
       where ${isChild} and not exists (
         select from tuskmq.jobs p join ledger l on l.queue = p.queue and l.job = p.id and l.step = 2
         where p.queue = '${PARENTS}' and p.id = c.parent_id and p.name in (${kinds}))`,
    ],
    [
      'parents with another number of children',
      0,
      `select from tuskmq.jobs p
       where ${isJob} and name in (${kinds}) and ${CHILDREN_PER_PARENT} <> (
         select count(*) from tuskmq.jobs c where c.queue = '${CHILDREN}' and c.parent_id = p.id)`,
    ],
    [
      'parents that went on before their children were done',
      0,
      `select from ledger l
       join tuskmq.jobs c on c.queue = '${CHILDREN}' and c.parent_id = l.job
       join ledger cl on cl.queue = c.queue and cl.job = c.id
       where l.queue = '${PARENTS}' and l.step = 3 and cl.entry > l.entry`,
    ],
    [
      'steps whose result and ledger row are of different runs',
      0,
      `select from tuskmq.step s
       join tuskmq.queue q on q.id = s.queue_id
       left join ledger l on l.queue = q.name and l.job = s.job_id and l.step::text = s.name and l.token = s.token
       where s.kind = 'step' and s.name <> 'plain' and s.finished_at is not null and l.entry is null`,
    ],
    [
      'jobs in any other state than completed',
      0,
      "select from tuskmq.jobs where state <> 'completed'",
    ],
  ];
  return withClient(url, async (client) => {
    const found: Finding[] = [];
    for (const [what, expected, query] of findings) {
      const { rows } = await client.query<{ count: number }>(
        `select count(*)::int as count from (${query}) row`,
      );
      found.push({ what, expected, found: rows[0]!.count });
    }
    return found;
  });
}
