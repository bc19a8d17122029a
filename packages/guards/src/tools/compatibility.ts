import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { findFileInside } from '../checkout.ts'
import { compareAnswers } from '../service/compare-answers.ts'
import { findStep, type Driven } from '../service/drive-service.ts'
import { findBrowser } from '../service/find-browser.ts'
import {
  BROWSER_SETTING,
  DRIVE_SETTINGS,
  makeServiceTool,
  type ServiceContext,
} from '../service/make-service-tool.ts'
import { listOperations, makeCall, type ServiceOperation } from '../service/operations.ts'
import type { Step } from '../service/orders.ts'
import { findVersionBefore } from '../service/series.ts'
import { BREAKPOINTS, findVisit, makeVisit, servesNoPage } from '../service/pages.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  ...BROWSER_SETTING,
  /** Share of the text of a page that must be there without JavaScript. */
  min_text_without_scripts: z.number().min(0).max(1).default(0.5),
  max_routes: z.int().min(1).max(50).default(20),
})
type Settings = z.infer<typeof Settings>
type Context = ServiceContext<Settings>

type Cell = {
  readonly kind: 'runtime' | 'browser' | 'viewport' | 'client' | 'platform'
  readonly name: string
  readonly version: string | null
  readonly check: string
  readonly outcome: 'pass' | 'fail' | 'not-run'
  readonly reason: string | null
}

const makeCell = (cell: Omit<Cell, 'outcome' | 'reason'>, problem: string | null): Cell => ({
  ...cell,
  outcome: problem === null ? 'pass' : 'fail',
  reason: problem?.toWellFormed().slice(0, 1000).toWellFormed() ?? null,
})

const notTried = (cell: Omit<Cell, 'outcome' | 'reason'>, reason: string): Cell => ({
  ...cell,
  outcome: 'not-run',
  reason: reason.slice(0, 1000),
})

const Engines = z.object({ engines: z.object({ node: z.string().max(80) }) })

/** The range of Node versions that the project names; undefined where it names none. */
const findRange = async (dir: string): Promise<string | undefined> => {
  const file = await findFileInside(dir, 'package.json')
  if (file === undefined) return undefined
  try {
    const parsed = Engines.safeParse(JSON.parse(await readFile(join(dir, file), 'utf8')))
    return parsed.success ? parsed.data.engines.node : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const listRuntimeCells = async (dir: string, { report, problem }: Driven): Promise<Cell[]> => {
  const { satisfies, validRange, minVersion } = await import('semver')
  const range = await findRange(dir)
  const here = report?.node ?? process.version
  const runs = {
    kind: 'runtime',
    name: 'Node.js',
    version: here,
    check: 'the service starts and answers',
  } as const
  const named = {
    kind: 'runtime',
    name: 'Node.js',
    version: here,
    check: 'lies in the range that package.json names',
  } as const
  const starts = makeCell(runs, problem)
  if (range === undefined || validRange(range) === null)
    return [starts, notTried(named, 'package.json names no range of Node versions (engines.node).')]
  const isInside = satisfies(here, range)
  const least = minVersion(range)?.version ?? ''
  return [
    starts,
    makeCell(named, isInside ? null : `${here} is outside of ${range}.`),
    ...(here === `v${least}`
      ? []
      : [
          notTried(
            {
              kind: 'runtime',
              name: 'Node.js',
              version: least,
              check: 'the service starts on the least version named',
            },
            `Only ${here} is on this machine.`,
          ),
        ]),
    makeCell(
      {
        kind: 'platform',
        name: report?.machine.platform ?? process.platform,
        version: null,
        check: 'the service starts and answers',
      },
      problem,
    ),
  ]
}

const getVisits = (): Step[] => [
  ...BREAKPOINTS.map(({ width, height }) => makeVisit({ id: `width-${width}`, path: '/', width, height })),
  makeVisit({ id: 'plain', path: '/', javaScript: false }),
]

const listBrowserCells = (settings: Settings, { report }: Driven): Cell[] => {
  const scripted = findVisit(report, 'width-1280')
  const start = findStep(report, 'width-1280', 'browse')
  const plain = findVisit(report, 'plain')
  const version = typeof scripted === 'string' ? null : scripted.browser
  const chromium = { kind: 'browser', name: 'Chromium', version } as const
  const shows = { ...chromium, check: 'the start page shows text' }
  const withoutScripts = { ...chromium, check: 'the start page shows its text without JavaScript' }
  if (servesNoPage(start))
    return [shows, withoutScripts].map((cell) => notTried(cell, 'The service serves no page.'))
  const textLength = typeof scripted === 'string' ? 0 : scripted.text.length
  const plainLength = typeof plain === 'string' ? 0 : plain.text.length
  const needed = Math.max(1, textLength * settings.min_text_without_scripts)
  return [
    makeCell(
      shows,
      typeof scripted === 'string'
        ? `It could not be shown: ${scripted}.`
        : textLength > 0
          ? null
          : 'It shows no text.',
    ),
    makeCell(
      withoutScripts,
      plainLength >= needed
        ? null
        : `It shows ${plainLength} characters without scripts and ${textLength} with them.`,
    ),
    ...BREAKPOINTS.map(({ width }) => {
      const visit = findVisit(report, `width-${width}`)
      const cell = {
        kind: 'viewport',
        name: `${width} pixels`,
        version: null,
        check: 'the start page fits its width',
      } as const
      if (typeof visit === 'string') return makeCell(cell, `It could not be shown: ${visit}.`)
      return makeCell(
        cell,
        visit.overflowPx === 0 ? null : `It is ${visit.overflowPx} pixels wider than its window.`,
      )
    }),
  ]
}

const listClientCells = (
  { input, openapi, commit }: Context,
  operations: readonly ServiceOperation[],
  { report }: Driven,
): Cell[] => {
  const versionBefore = findVersionBefore(input, commit)
  const base = { kind: 'client', version: versionBefore?.commit.slice(0, 12) ?? null } as const
  const whole = {
    ...base,
    name: 'clients of the version before',
    check: 'its calls are still answered alike',
  }
  if (versionBefore === null) return [notTried(whole, 'There is no version before this one.')]
  if (openapi === undefined) return [notTried(whole, 'There is no OpenAPI document that names the calls.')]
  const problem = report?.services.find(({ name }) => name === 'before')?.problem ?? null
  if (problem !== null) return [notTried(whole, `The version before ${problem}`)]
  const cells = operations.flatMap((operation, index) => {
    const before = findStep(report, `before-${index}`, 'request')
    // What the version before could not do, nobody relies on.
    if (typeof before === 'string' || before.status >= 400) return []
    const after = findStep(report, `after-${index}`, 'request')
    const cell = { ...base, name: `${operation.method} ${operation.path}`.slice(0, 120), check: whole.check }
    return [
      makeCell(
        cell,
        typeof after === 'string' ? `It is not answered any more: ${after}.` : compareAnswers(before, after),
      ),
    ]
  })
  return cells.length > 0
    ? cells
    : [notTried(whole, 'The version before answers none of the calls that the document names.')]
}

/** Where the service runs, on what it shows, and whether those who used the version before still can. */
export const tool = makeServiceTool({
  name: 'compatibility',
  version: '1.0.0',
  settings: Settings,
  unmeasured: { cells: [] },
  measure: async (context) => {
    const { input, settings, openapi, dir, commit, drive } = context
    const hasBefore = findVersionBefore(input, commit) !== null
    const operations = listOperations(openapi).slice(0, settings.max_routes)
    const hasBrowser = findBrowser(settings.browser) !== undefined
    const driven = await drive({
      withBefore: hasBefore,
      needs: hasBrowser ? ['browser'] : [],
      steps: [
        ...(hasBefore ? (['before', 'after'] as const) : []).flatMap((service) =>
          operations.map((operation, index) => makeCall(operation, service, `${service}-${index}`)),
        ),
        ...(hasBrowser ? getVisits() : []),
      ],
    })
    const noBrowser = {
      kind: 'browser',
      name: 'Chromium',
      version: null,
      check: 'the start page shows text',
    } as const
    return {
      reason: driven.problem,
      fields: {
        cells: [
          ...(await listRuntimeCells(dir, driven)),
          ...(hasBrowser && (driven.report?.browserTrouble ?? null) === null
            ? listBrowserCells(settings, driven)
            : [
                notTried(noBrowser, driven.report?.browserTrouble ?? 'There is no Chromium on this machine.'),
              ]),
          ...listClientCells(context, operations, driven),
        ].slice(0, 200),
      },
    }
  },
})
