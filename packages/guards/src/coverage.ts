import { z } from 'zod'
import { findDocument } from './documents.ts'
import { lacks, makeGuard, notRun } from './make-guard.ts'
import { discover } from './suite/discover.ts'
import { findForeignTests } from './suite/foreign-tests.ts'
import { getLineCoverage } from './suite/line-coverage.ts'
import { getRunFacts, removeCopies, runSuite } from './suite/run-suite.ts'

const Settings = z.strictObject({
  min_percent: z.number().min(1).max(100).default(70),
  timeout_ms: z.int().min(100).max(3_600_000).default(120_000),
})

const CODE_FILE = /\.(?:js|mjs|cjs|ts|mts|cts)$/u

/** Share of the sources' code lines that the tests run, over the smallest share asked for. */
export const guard = makeGuard({
  name: 'coverage',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    if (input.worktree === null) return notRun('No code is judged.')
    const manifest = findDocument(input, 'RepoManifest')
    if (manifest === undefined) return lacks('RepoManifest')
    const { dir, lacks: reason } = input.worktree
    if (reason !== undefined) return notRun(reason)
    const foreign = findForeignTests(findDocument(input, 'RepoContext'))
    if (foreign !== undefined)
      return notRun(
        `The tests are run by ${foreign.runner}, which gives no line counters that can be believed.`,
      )
    const found = await discover(dir, manifest)
    const sources = found.sources.filter((file) => CODE_FILE.test(file))
    const runs = await runSuite(input, dir, {
      tests: found.tests,
      timeoutMs: settings.timeout_ms,
      withCoverage: true,
    })
    const files = await getLineCoverage(dir, sources, runs)
    await removeCopies(runs)
    const lines = files.reduce((sum, file) => sum + file.lines, 0)
    const covered = files.reduce((sum, file) => sum + file.covered, 0)
    const percent = lines === 0 ? 0 : (100 * covered) / lines
    // A report that cannot be believed came from a process that wrote the counters too.
    const refused = runs.filter(({ isReportRefused }) => isReportRefused)
    const isEnough = percent >= settings.min_percent && refused.length === 0 && runs.length > 0
    const thin = files
      .filter((file) => file.lines > 0 && (100 * file.covered) / file.lines < settings.min_percent)
      .map((file) => `${file.file}: ${file.covered} of ${file.lines} lines were run.`)
    const all = `${percent.toFixed(1)} % of ${lines} code lines were run, expected ${settings.min_percent} %.`
    return {
      outcome: isEnough ? 'pass' : 'fail',
      score: refused.length > 0 ? 0 : Math.min(1, percent / settings.min_percent),
      reasons: [
        ...refused.map(({ file, problem }) => `${file}: ${problem ?? ''}`),
        ...(isEnough ? [] : [all]),
        ...thin,
      ],
      ...getRunFacts(runs),
      metrics: { lines, covered, percent },
      outputs: [
        {
          name: 'coverage.json',
          mediaType: 'application/json',
          bytes: Buffer.from(JSON.stringify({ percent, lines, covered, files })),
        },
      ],
    }
  },
})
