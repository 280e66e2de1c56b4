/** The audit: questions that the database alone answers, each by one statement that anybody could type. */

import type { ClientBase } from 'pg';
import colours from 'picocolors';
import { CUSTOMS, LARGE_AMOUNT, ORDERS, PARCELS, QUEUES, SHOP } from './names';

export interface Finding {
  claim: string;
  isTrue: boolean;
  /** The numbers behind it. */
  found: string;
  sql: string;
}

interface Question {
  claim: string;
  /** Answers one row: whether the claim `holds`, and what was `found`. */
  sql: string;
}

const questions: Question[] = [
  {
    claim: 'every row of the file is an order, or reported as bad with its line',
    sql: `
select count(o.id) + count(r.line) = i.rows and bool_and((o.id is null) <> (r.line is null)) as holds,
       format('%s rows: %s orders, %s bad', i.rows, count(o.id), count(r.line)) as found
from ${SHOP}.import i
cross join generate_series(2, i.rows + 1) as line
left join ${SHOP}.orders o using (line)
left join ${SHOP}.rejected_row r using (line)
group by i.rows;`,
  },
  {
    claim: 'every order was billed exactly once',
    sql: `
select count(*) > 0 and bool_and(bills = 1) as holds,
       format('%s orders, %s bills, %s not billed once', count(*), sum(bills), count(*) filter (where bills <> 1)) as found
from (select count(l.entry) as bills from ${SHOP}.orders o full join ${SHOP}.ledger l on l.order_id = o.id
      group by coalesce(o.id, l.order_id)) each;`,
  },
  {
    claim: 'the ledger holds what the orders are worth, in each currency',
    sql: `
select bool_and(ordered = billed) as holds, string_agg(format('%s %s', currency, billed), ', ' order by currency) as found
from (select currency, sum(amount) as ordered from ${SHOP}.orders group by currency) o
full join (select currency, sum(amount) as billed from ${SHOP}.ledger group by currency) l using (currency);`,
  },
  {
    claim: 'no job is lost: that of every order is completed',
    sql: `
select count(*) > 0 and bool_and(coalesce(j.state = 'completed', false)) as holds,
       format('%s orders, %s completed jobs', count(*), count(*) filter (where j.state = 'completed')) as found
from ${SHOP}.orders o left join ${QUEUES}.jobs j on j.queue = '${ORDERS}' and j.id = o.id;`,
  },
  {
    claim: 'nothing is left that waits or runs, and nothing failed',
    sql: `
select sum(waiting + active + delayed + waiting_children + failed) = 0 as holds,
       string_agg(format('%s %s', completed, queue), ', ' order by completed desc) as found
from ${QUEUES}.queues;`,
  },
  {
    claim: 'orders that were on hold were delayed and then shipped',
    sql: `
select count(*) > 0 and bool_and(j.attempts_started > 1 and o.status = 'shipped') as holds, format('%s orders', count(*)) as found
from ${SHOP}.orders o join ${QUEUES}.jobs j on j.queue = '${ORDERS}' and j.id = o.id
where o.payment = 'transfer';`,
  },
  {
    claim: 'every item is in a parcel; those of larger orders by child jobs',
    sql: `
select count(*) = count(p.order_id) and count(j.id) > 0 and bool_and(coalesce(j.state, 'completed') = 'completed') as holds,
       format('%s items, %s parcels, %s child jobs', count(*), count(p.order_id), count(j.id)) as found
from ${SHOP}.order_item i
left join ${SHOP}.parcel p using (order_id, product)
left join ${QUEUES}.jobs j on j.queue = '${PARCELS}' and j.id = i.order_id || '-' || i.product;`,
  },
  {
    claim: `every order of ${LARGE_AMOUNT} and more has gone through its customs flow`,
    sql: `
select count(*) > 0 and bool_and(papers = 3 and done = 3) as holds, format('%s orders, %s papers', count(*), sum(papers)) as found
from (select (select count(*) from ${SHOP}.customs_paper p where p.order_id = o.id) as papers,
             (select count(*) from ${QUEUES}.jobs j where j.queue = '${CUSTOMS}' and j.state = 'completed'
              and j.id in (o.id || '-duty', o.id || '-inspection', o.id || '-clearance')) as done
      from ${SHOP}.orders o where o.amount >= ${LARGE_AMOUNT}) each;`,
  },
  {
    claim: 'the jobs of the killed worker were taken over and completed',
    sql: `
select count(*) > 0 and bool_and(state = 'completed') as holds,
       format('%s jobs, completed by %s', count(*), string_agg(distinct processed_by, ' and ')) as found
from ${QUEUES}.jobs where stalled_count > 0;`,
  },
];

export async function audit(client: ClientBase): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { claim, sql } of questions) {
    const { rows } = await client.query<{ holds: boolean | null; found: string | null }>(sql);
    const [answer] = rows;
    findings.push({
      claim,
      sql: sql.trim(),
      isTrue: answer?.holds === true,
      found: answer?.found ?? 'nothing',
    });
  }
  return findings;
}

/** The findings as a table, and beneath it the SQL. */
export function auditReport(findings: Finding[]): string {
  const width = Math.max(...findings.map(({ claim }) => claim.length));
  const lines = findings.map(({ claim, isTrue, found }) => {
    const mark = isTrue ? colours.green('✓') : colours.red('✗');
    return `  ${mark} ${isTrue ? claim.padEnd(width) : colours.red(claim.padEnd(width))}  ${found}`;
  });
  const sql = findings.map((finding) => `-- ${finding.claim}\n${finding.sql}`);
  return [
    colours.bold('Audit'),
    ...lines,
    '',
    colours.bold('The SQL behind it'),
    colours.dim(sql.join('\n\n')),
  ].join('\n');
}

/** One order that chained a flow, as the database draws it, and more to type. */
export async function lookAround(client: ClientBase): Promise<string> {
  const { rows: orders } = await client.query<{ id: string }>(
    `select o.id from ${SHOP}.orders o join ${SHOP}.order_item i on i.order_id = o.id
     where o.amount >= ${LARGE_AMOUNT} group by o.id having count(*) > 1 order by o.id limit 1`,
  );
  const flowTree = `select tree, queue, id, state from ${QUEUES}.flow_tree('${ORDERS}', '${orders[0]?.id}');`;
  const { rows } = await client.query<Record<string, string>>(flowTree);
  const tree = rows.map(({ tree, queue, id, state }) =>
    [tree?.padEnd(16), queue?.padEnd(8), id?.padEnd(20), state].join(' '),
  );
  return [
    colours.bold('An order and its flow'),
    colours.dim(flowTree),
    ...tree.map((line) => `  ${line}`),
    '',
    colours.bold('More to type'),
    `select * from ${QUEUES}.queues;`,
    `select id, state, stalled_count, processed_by from ${QUEUES}.jobs where stalled_count > 0;`,
    `select line, reason from ${SHOP}.rejected_row order by line;`,
    `select order_id, count(*) from ${SHOP}.ledger group by order_id having count(*) > 1;`,
  ].join('\n');
}
