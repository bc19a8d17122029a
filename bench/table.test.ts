import { describe, expect, test } from 'vitest'

import { makeRows, parsePeerReport } from './peer-report.ts'
import type { PeerReport, SystemName } from './peer-report.ts'
import { formatMarkdown, getRatio, makeTable } from './table.ts'

const machine = { cpu: 'Some CPU', cores: 2, memGb: 8, os: 'Linux 6', node: '24.21.0', postgres: '18.4' }

function makeReport(peer: SystemName, runsPerS: number): PeerReport {
  return {
    peer,
    version: '1.2.3',
    durability: 'one commit a step',
    settings: {
      concurrency: 16,
      server: { fsync: 'on' },
      load_trials: [{ concurrency: 16, runs_per_s: runsPerS }],
    },
    rows: makeRows({
      runs_per_s: runsPerS,
      tasks_per_s: runsPerS * 5,
      idle_dispatch_p50_ms: 2.345,
      idle_dispatch_p99_ms: 9,
      rss_mb: 150.4,
      cold_start_ms: 500,
      warm_start_ms: 100,
    }),
  }
}

describe('the bench table', () => {
  test('has one row per metric and the systems as columns, whatever order the reports come in', () => {
    const forward = makeTable(machine, [makeReport('ropewalk', 3000), makeReport('dbos', 400)])
    const backward = makeTable(machine, [makeReport('dbos', 400), makeReport('ropewalk', 3000)])
    expect(forward).toEqual(backward)
    expect(forward.rows).toHaveLength(7)
    expect(forward.rows[0]).toEqual({
      metric: 'runs_per_s',
      unit: '1/s',
      ropewalk: 3000,
      dbos: 400,
      langgraph: null,
      raw: null,
    })
  })

  test('refuses two reports of one system', () => {
    expect(() => makeTable(machine, [makeReport('raw', 1), makeReport('raw', 2)])).toThrow(TypeError)
  })

  test('gives the ratio to another system, and none when it was not measured or stood still', () => {
    const table = makeTable(machine, [
      makeReport('ropewalk', 3000),
      makeReport('dbos', 400),
      makeReport('raw', 0),
    ])
    expect(getRatio(table, 'runs_per_s', 'dbos')).toBe(7.5)
    expect(getRatio(table, 'runs_per_s', 'langgraph')).toBeUndefined()
    expect(getRatio(table, 'runs_per_s', 'raw')).toBeUndefined()
  })

  test('reads as Markdown, with the machine, a dash for what is missing, and every setting', () => {
    const reports = [makeReport('ropewalk', 3000), makeReport('dbos', 398.4)]
    const markdown = formatMarkdown(makeTable(machine, reports), reports)
    expect(markdown).toContain('Some CPU, 2 cores, 8 GB, Linux 6, Node 24.21.0, Postgres 18.4\n')
    expect(markdown).toContain('| 5-task runs a second | 1/s | 3,000 | 398 | – | – |\n')
    expect(markdown).toContain('| idle dispatch p50 | ms | 2.35 | 2.35 | – | – |\n')
    expect(markdown).toContain(
      '**DBOS** 1.2.3: one commit a step. Settings: concurrency 16; server fsync=on;',
    )
    expect(markdown).toContain('load_trials [concurrency=16 runs_per_s=398.4]')
  })
})

describe('a report line', () => {
  test('comes back as it was printed', () => {
    const report = makeReport('langgraph', 200)
    expect(parsePeerReport(`${JSON.stringify(report)}\n`)).toEqual(report)
  })

  test.each([
    ['an unknown system', { peer: 'other' }, /peer/],
    ['a missing metric', { rows: makeReport('raw', 1).rows.slice(1) }, /missing runs_per_s/],
    [
      'a value that is no number',
      { rows: [{ metric: 'rss_mb', unit: 'MB', value: null }] },
      /rows\[0\]\.value/,
    ],
    ['another unit', { rows: [{ metric: 'rss_mb', unit: 'kB', value: 1 }] }, /expected MB/],
    ['an empty durability', { durability: '' }, /durability/],
    ['settings that are a list', { settings: [] }, /settings/],
  ])('with %s is refused by name', (_title, change, message) => {
    const line = JSON.stringify({ ...makeReport('raw', 1), ...change })
    expect(() => parsePeerReport(line)).toThrow(message)
  })
})
