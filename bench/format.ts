import { median } from './statistics';

/** The median, and the least and the greatest in brackets if there are several. */
export function spread(values: readonly number[], suffix = ''): string {
  const middle = `${format(median(values))}${suffix}`;
  return values.length === 1
    ? middle
    : `${middle} (${format(Math.min(...values))}–${format(Math.max(...values))})`;
}

export function format(value: number): string {
  if (!Number.isFinite(value)) return 'failed';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : value >= 0.1 ? 2 : 3);
}

/** A Markdown table that can also be read as text. The first row is the head; the first `left` columns are set left. */
export function table(rows: readonly string[][], left: number): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const set = (cell: string, column: number) =>
    column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  const line = (row: string[]) => `| ${row.map(set).join(' | ')} |`;
  const dashes = widths.map((width, column) =>
    column < left ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`,
  );
  return [line(rows[0]!), `|${dashes.join('|')}|`, ...rows.slice(1).map(line)].join('\n');
}
