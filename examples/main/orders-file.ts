/** Reads the orders file: one order a line, each either understood or refused with a reason. */

import fs from 'node:fs';
import readline from 'node:readline';
import { type CsvError, parse } from 'csv-parse/sync';

export interface OrderItem {
  product: string;
  quantity: number;
}

export interface Order {
  id: string;
  placedAt: string;
  customer: string;
  country: string;
  currency: string;
  payment: string;
  items: OrderItem[];
  /** Of the whole order, as text: an amount of money is no floating point number. */
  amount: string;
}

export type OrdersFileRow = { line: number; text: string } & (
  | { order: Order }
  | { reason: string }
);

/** In cents; the shop has one price list for its currencies. */
const PRICES: Record<string, number> = {
  MUG: 1_250,
  LAMP: 3_490,
  DESK: 24_900,
  CHAIR: 11_950,
  NOTEBOOK: 690,
  PEN: 340,
  BACKPACK: 7_900,
  CLOCK: 4_525,
  RUG: 15_800,
  TEAPOT: 2_980,
  BLANKET: 5_640,
  SHELF: 8_875,
};
const CURRENCIES = ['EUR', 'GBP', 'USD'];
const PAYMENTS = ['card', 'invoice', 'transfer'];
const COLUMNS = 8;

const quotingProblems: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'text after a closing quote',
  INVALID_OPENING_QUOTE: 'a quote within a field that does not begin with one',
};

/** Every row beneath the header, with its line number as an editor counts them. */
export async function* readOrdersFile(file: string): AsyncGenerator<OrdersFileRow> {
  const lines = readline.createInterface({ input: fs.createReadStream(file) });
  const seen = new Map<string, number>();
  let line = 0;
  for await (const text of lines) {
    line++;
    if (line === 1 || text.trim() === '') continue;
    try {
      const order = parseOrder(text);
      const firstLine = seen.get(order.id);
      if (firstLine) throw new BadRow(`order ${order.id} is on line ${firstLine} already`);
      seen.set(order.id, line);
      yield { line, text, order };
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      yield { line, text, reason: error.message };
    }
  }
}

class BadRow extends Error {}

function parseOrder(text: string): Order {
  const fields = splitLine(text);
  if (fields.length !== COLUMNS) {
    throw new BadRow(`${fields.length} columns instead of ${COLUMNS}`);
  }
  const [id, placedAt, customer, country, currency, payment, items, amount] = fields as Columns;
  expect(/^SO-\d{5}$/.test(id), id ? `order id "${id}" is not SO-#####` : 'no order id');
  expect(isInstant(placedAt), `"${placedAt}" is no date`);
  expect(customer.trim() !== '', 'no customer');
  expect(/^[A-Z]{2}$/.test(country), `"${country}" is no country code`);
  expect(CURRENCIES.includes(currency), currency ? `unknown currency ${currency}` : 'no currency');
  expect(PAYMENTS.includes(payment), `unknown payment "${payment}"`);
  expect(amount !== '', 'no amount');
  expect(/^\d+\.\d\d$/.test(amount), `"${amount}" is no amount`);
  const order = {
    id,
    placedAt,
    customer,
    country,
    currency,
    payment,
    amount,
    items: parseItems(items),
  };
  const cents = order.items.reduce((sum, it) => sum + PRICES[it.product]! * it.quantity, 0);
  const total = (cents / 100).toFixed(2);
  expect(total === amount, `the amount is ${amount}, the items cost ${total}`);
  return order;
}

type Columns = [string, string, string, string, string, string, string, string];

/**
 * An order is one line, so each is parsed alone: a quote that is not closed spoils one row and not
 * all that follow.
 */
function splitLine(text: string): string[] {
  try {
    return parse(text, { relax_column_count: true })[0] ?? [];
  } catch (error) {
    const { code } = error as CsvError;
    throw new BadRow(quotingProblems[code] ?? (error as Error).message);
  }
}

/** `LAMP x2; PEN x10` */
function parseItems(text: string): OrderItem[] {
  expect(text.trim() !== '', 'no items');
  const seen = new Set<string>();
  return text.split('; ').map((item) => {
    const [, product = '', count = ''] = /^(\S+) x(-?\d+)$/.exec(item) ?? [];
    expect(product !== '', `"${item}" is no item`);
    expect(Object.hasOwn(PRICES, product), `unknown product ${product}`);
    expect(!seen.has(product), `${product} is on the order twice`);
    seen.add(product);
    const quantity = Number(count);
    expect(quantity > 0, `${quantity} pieces of ${product}`);
    return { product, quantity };
  });
}

/** As in ISO 8601, and a day that exists: Date itself takes February 30th for March 2nd. */
function isInstant(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text.replace(/Z$/, '.000Z');
}

function expect(condition: boolean, reason: string): void {
  if (!condition) throw new BadRow(reason);
}
