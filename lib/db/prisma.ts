import type { Row } from './database';
import { hasMethod, type TransactionAdapter } from './transaction-adapter';

/** The `tx` of Prisma's `prisma.$transaction(async (tx) => …)`. */
export interface PrismaTransaction {
  // biome-ignore lint/suspicious/noExplicitAny: the rows, of whatever type is asked for
  $queryRawUnsafe(query: string, ...values: any[]): PromiseLike<any>;
  /** Only the client itself has it. */
  $connect?: never;
}

export const prisma: TransactionAdapter<PrismaTransaction> = {
  serves: (handle) => hasMethod(handle, '$queryRawUnsafe'),
  refusal: (tx) =>
    hasMethod(tx, '$connect')
      ? 'the `tx` of `prisma.$transaction(async (tx) => …)`, not the client'
      : undefined,
  async query(tx, text, values): Promise<Row[]> {
    return tx.$queryRawUnsafe(text, ...values);
  },
};
