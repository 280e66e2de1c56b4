import type { Row } from './database';
import { hasMethod, type TransactionAdapter } from './transaction-adapter';

/** The `trx` of Kysely's `db.transaction()` or `db.startTransaction()`. */
export interface KyselyTransaction {
  readonly isTransaction: true;
  // biome-ignore lint/suspicious/noExplicitAny: takes a CompiledQuery
  executeQuery(query: any): PromiseLike<{ rows: any[] }>;
  /** The same transaction without the application's plugins, which change results. */
  withoutPlugins?(): KyselyTransaction;
}

export const kysely: TransactionAdapter<KyselyTransaction> = {
  serves: (handle) => hasMethod(handle, 'executeQuery') && 'isTransaction' in handle,
  refusal: (trx) =>
    trx.isTransaction
      ? undefined
      : 'the `trx` of `db.transaction().execute(async (trx) => …)` of Kysely',
  async query(trx, text, values): Promise<Row[]> {
    const plain = trx.withoutPlugins?.() ?? trx;
    return (await plain.executeQuery(compiled(text, values))).rows;
  },
};

/** What Kysely's `CompiledQuery.raw` returns. Plugins keep notes under the query id. */
function compiled(sql: string, parameters: string[]) {
  return {
    sql,
    parameters,
    query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] },
    queryId: { queryId: 'tuskmq' },
  };
}
