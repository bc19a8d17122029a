import { METRICS, SYSTEMS } from './peer-report.ts'
import type { Json, MetricName, PeerReport, SystemName } from './peer-report.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memGb: number
  readonly os: string
  readonly node: string
  readonly postgres: string
}

/** One metric across the systems; null where a system was not measured. */
export type TableRow = { readonly metric: MetricName; readonly unit: string } & {
  readonly [name in SystemName]: number | null
}

export interface BenchTable {
  readonly machine: Machine
  /** In the order of METRICS. */
  readonly rows: readonly TableRow[]
}

const LABELS: Readonly<Record<MetricName, string>> = {
  runs_per_s: '5-task runs a second',
  tasks_per_s: 'tasks a second',
  idle_dispatch_p50_ms: 'idle dispatch p50',
  idle_dispatch_p99_ms: 'idle dispatch p99',
  rss_mb: 'peak memory without Postgres',
  cold_start_ms: 'cold start (empty database)',
  warm_start_ms: 'warm start (migrated database)',
}

const TITLES: Readonly<Record<SystemName, string>> = {
  ropewalk: 'Ropewalk',
  dbos: 'DBOS',
  langgraph: 'LangGraph',
  raw: 'raw SQL',
}

/** Puts the reports side by side. Throws TypeError when two reports are of one system. */
export function makeTable(machine: Machine, reports: readonly PeerReport[]): BenchTable {
  const byPeer = new Map(reports.map((report) => [report.peer, report]))
  if (byPeer.size !== reports.length) throw new TypeError('two reports are of the same system')
  const rows = METRICS.map(({ metric, unit }) => {
    const valueOf = (name: SystemName): number | null =>
      byPeer.get(name)?.rows.find((row) => row.metric === metric)?.value ?? null
    return {
      metric,
      unit,
      ropewalk: valueOf('ropewalk'),
      dbos: valueOf('dbos'),
      langgraph: valueOf('langgraph'),
      raw: valueOf('raw'),
    }
  })
  return { machine, rows }
}

/** How many times Ropewalk's figure is the other system's; undefined when either is missing or the other is 0. */
export function getRatio(table: BenchTable, metric: MetricName, other: SystemName): number | undefined {
  const row = table.rows.find((candidate) => candidate.metric === metric)
  if (!row || row.ropewalk === null || row[other] === null || row[other] === 0) return undefined
  return row.ropewalk / row[other]
}

/** The table, the machine, and for each system what it commits and how it was set up, as Markdown. */
export function formatMarkdown(table: BenchTable, reports: readonly PeerReport[]): string {
  const { machine } = table
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memGb} GB, ${machine.os}, Node ${machine.node}, Postgres ${machine.postgres}`,
    '',
    formatRow(['', 'unit', ...SYSTEMS.map((name) => TITLES[name])]),
    formatRow(['---', '---', ...SYSTEMS.map(() => '---:')]),
    ...table.rows.map((row) =>
      formatRow([LABELS[row.metric], row.unit, ...SYSTEMS.map((name) => formatNumber(row[name]))]),
    ),
    '',
    ...SYSTEMS.flatMap((name) => reports.filter(({ peer }) => peer === name).map(formatReport)),
  ]
  return `${lines.join('\n')}\n`
}

function formatReport({ peer, version, durability, settings }: PeerReport): string {
  const facts = Object.entries(settings).map(([key, value]) => `${key} ${formatSetting(value)}`)
  return `- **${TITLES[peer]}** ${version}: ${durability}. Settings: ${facts.join('; ')}.`
}

function formatSetting(value: Json): string {
  if (isList(value)) return value.map((entry) => `[${formatSetting(entry)}]`).join(' ')
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, entry]) => `${key}=${formatSetting(entry)}`)
      .join(' ')
  }
  return String(value)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function formatRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** Three significant digits below 100, whole numbers with separators from there on. */
function formatNumber(value: number | null): string {
  if (value === null) return '–'
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}
