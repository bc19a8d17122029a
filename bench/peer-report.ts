/** The systems that the bench sets side by side, in the order of the table's columns. */
export const SYSTEMS = ['ropewalk', 'dbos', 'langgraph', 'raw'] as const
export type SystemName = (typeof SYSTEMS)[number]

/** What every system is measured on, in the order of the table's rows, with its unit. */
export const METRICS = [
  { metric: 'runs_per_s', unit: '1/s' },
  { metric: 'tasks_per_s', unit: '1/s' },
  { metric: 'idle_dispatch_p50_ms', unit: 'ms' },
  { metric: 'idle_dispatch_p99_ms', unit: 'ms' },
  { metric: 'rss_mb', unit: 'MB' },
  { metric: 'cold_start_ms', unit: 'ms' },
  { metric: 'warm_start_ms', unit: 'ms' },
] as const
export type MetricName = (typeof METRICS)[number]['metric']

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export interface MetricRow {
  readonly metric: MetricName
  readonly value: number
  readonly unit: string
}

/** The one line that a system's bench program prints. */
export interface PeerReport {
  readonly peer: SystemName
  readonly version: string
  /** In words: what is committed for each step, and when. */
  readonly durability: string
  readonly settings: Readonly<Record<string, Json>>
  readonly rows: readonly MetricRow[]
}

/** Makes the rows of a report from one value per metric. */
export function makeRows(values: Readonly<Record<MetricName, number>>): readonly MetricRow[] {
  return METRICS.map(({ metric, unit }) => ({ metric, value: values[metric], unit }))
}

/** Reads a program's line. Throws TypeError, naming the field, when it is not a full report. */
export function parsePeerReport(line: string): PeerReport {
  const value = asObject(JSON.parse(line) as unknown, 'report')
  const peer = SYSTEMS.find((name) => name === value['peer'])
  if (peer === undefined) throw new TypeError(`peer: expected one of ${SYSTEMS.join(', ')}`)
  if (!Array.isArray(value['rows'])) throw new TypeError('rows: expected a list')
  const rows = value['rows'].map(parseRow)
  const absent = METRICS.filter(({ metric }) => !rows.some((row) => row.metric === metric))
  if (absent.length > 0) {
    throw new TypeError(`rows: missing ${absent.map(({ metric }) => metric).join(', ')}`)
  }
  return {
    peer,
    version: asString(value['version'], 'version'),
    durability: asString(value['durability'], 'durability'),
    settings: asObject(value['settings'], 'settings') as Record<string, Json>,
    rows,
  }
}

function parseRow(input: unknown, index: number): MetricRow {
  const row = asObject(input, `rows[${index}]`)
  const known = METRICS.find(({ metric }) => metric === row['metric'])
  if (known === undefined) throw new TypeError(`rows[${index}].metric: not a metric of the bench`)
  if (row['unit'] !== known.unit) throw new TypeError(`rows[${index}].unit: expected ${known.unit}`)
  const value = row['value']
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new TypeError(`rows[${index}].value: expected a number of at least 0`)
  }
  return { metric: known.metric, value, unit: known.unit }
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${path}: expected an object`)
  }
  return value as Record<string, unknown>
}

function asString(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${path}: expected a text`)
  return value
}
