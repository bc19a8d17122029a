import { createHash } from 'node:crypto'
import { z } from 'zod'
import { findFileInside, listFiles } from '../checkout.ts'
import { findStep } from '../service/drive-service.ts'
import {
  BROWSER_SETTING,
  DRIVE_SETTINGS,
  makeServiceTool,
  type ServiceContext,
} from '../service/make-service-tool.ts'
import { listOperations, makeCreations } from '../service/operations.ts'
import { BREAKPOINTS, findVisit, listPages, makeVisit, servesNoPage } from '../service/pages.ts'
import { getChangedShare, getSize, isBlank } from '../service/pictures.ts'
import type { Browse } from '../service/report.ts'
import type { ToolFile } from '../tool.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  ...BROWSER_SETTING,
  /** Widths of the window, in pixels. */
  widths: z
    .array(z.int().min(200).max(4000))
    .min(1)
    .max(6)
    .default(BREAKPOINTS.map(({ width }) => width)),
  pages: z
    .array(z.string().regex(/^\/\S*$/u))
    .max(20)
    .default([]),
  /** Fewer where the pictures of all would be more files than one task may hand in. */
  max_pages: z.int().min(1).max(19).default(3),
})
type Settings = z.infer<typeof Settings>

/** More files than this would not fit into the result of one task. */
const MAX_PICTURES = 19

type Moment = 'before' | 'after'
type Shot = {
  readonly page: string
  readonly moment: Moment
  readonly width: number
  readonly visit: Browse
  readonly file: ToolFile
}

/** An artifact's name may hold letters, digits, dots and dashes. */
const getName = (page: string, moment: Moment, width: number): string => {
  const slug = page.replaceAll(/[^A-Za-z0-9]+/gu, '-').replaceAll(/^-|-$/gu, '')
  const mark = slug === page.slice(1) ? '' : `-${createHash('sha256').update(page).digest('hex').slice(0, 6)}`
  return `Screenshot-${slug === '' ? 'home' : `${slug.slice(0, 24)}${mark}`}-${width}-${moment}`
}

const cut = (text: string): string =>
  text.toWellFormed().replaceAll('\u0000', '\uFFFD').slice(0, 1000).toWellFormed()

const describeShot = async ({ page, moment, width, visit, file }: Shot) => ({
  page: page.slice(0, 300),
  moment,
  width_px: width,
  height_px: (await getSize(file.bytes)).height,
  artifact: file.name,
  digest: createHash('sha256').update(file.bytes).digest('hex'),
  overflow_px: visit.overflowPx,
  console_errors: visit.consoleErrors.map(cut).filter((text) => text !== ''),
  missing_resources: visit.missing.map(cut).filter((text) => text !== ''),
})

const listChanges = async (shots: readonly Shot[]) => {
  const changes: { page: string; width_px: number; changed_share: number }[] = []
  for (const after of shots.filter(({ moment }) => moment === 'after')) {
    const before = shots.find(
      (one) => one.moment === 'before' && one.page === after.page && one.width === after.width,
    )
    if (before === undefined) continue
    const share = await getChangedShare(before.file.bytes, after.file.bytes)
    changes.push({ page: after.page.slice(0, 300), width_px: after.width, changed_share: share })
  }
  return changes
}

/** Style sheets: files of the commit by that name, and those that a page links to. */
const listStyleSheets = async (dir: string, visits: readonly Browse[]): Promise<string[]> => {
  const files = (await listFiles(dir, ['.git', 'node_modules'])).filter((file) => file.endsWith('.css'))
  const linked: string[] = []
  for (const link of visits.flatMap(({ stylesheets }) => stylesheets)) {
    const path = link.split(/[?#]/u)[0]?.replace(/^\.?\//u, '') ?? ''
    const file = await findFileInside(dir, path)
    if (file !== undefined) linked.push(file)
  }
  return [...new Set([...files, ...linked])].filter((path) => path.length <= 300).slice(0, 100)
}

const makeSteps = ({ input, settings, openapi }: ServiceContext<Settings>, pages: readonly string[]) => {
  const operations = listOperations(openapi)
  const moments: readonly Moment[] = input.before === null ? ['after'] : ['before', 'after']
  const visits = moments.flatMap((moment) =>
    pages.flatMap((page) =>
      settings.widths.map((width) => ({ id: getName(page, moment, width), page, moment, width })),
    ),
  )
  const heights = new Map(BREAKPOINTS.map(({ width, height }) => [width, height]))
  return {
    visits,
    steps: [
      // A page with something on it shows more of what may overflow; both versions get the same.
      ...moments.flatMap((moment) => makeCreations(operations, moment)),
      ...visits.map(({ id, page, moment, width }) =>
        makeVisit({
          id,
          path: page,
          service: moment,
          width,
          height: heights.get(width) ?? 800,
          screenshot: true,
        }),
      ),
    ],
  }
}

/** Pictures of the pages before and after, at each width, with what is wrong with them and how much changed. */
export const tool = makeServiceTool({
  name: 'screenshots',
  version: '1.0.0',
  settings: Settings,
  needsBrowser: true,
  unmeasured: { browser: null, before_revision: null, shots: [], changes: [], stylesheets: [] },
  measure: async (context) => {
    const { input, settings, openapi, dir, drive } = context
    const perPage = settings.widths.length * (input.before === null ? 1 : 2)
    const maxPages = Math.max(1, Math.min(settings.max_pages, Math.floor(MAX_PICTURES / perPage)))
    const pages = listPages(listOperations(openapi), settings.pages, maxPages)
    const { visits, steps } = makeSteps(context, pages)
    const { report, problem } = await drive({ steps, needs: ['browser'], withBefore: true })
    if (report !== null && report.browserTrouble !== null)
      return { notRun: `Chromium does not start here: ${report.browserTrouble}` }
    const [firstWidth = 0] = settings.widths
    const start = findStep(report, getName('/', 'after', firstWidth), 'browse')
    if (problem === null && pages.length === 1 && servesNoPage(start))
      return { notRun: 'The service serves no page to look at.' }
    const shots: Shot[] = []
    const troubles: string[] = []
    for (const { id, page, moment, width } of visits) {
      const visit = findVisit(report, id)
      if (typeof visit === 'string' || visit.png === null) {
        // A page that the version before did not have is no fault of this one.
        if (moment === 'after')
          troubles.push(`${page} at ${width} pixels was not pictured: ${String(visit)}.`)
        continue
      }
      const bytes = Buffer.from(visit.png, 'base64')
      shots.push({ page, moment, width, visit, file: { name: id, mediaType: 'image/png', bytes } })
      if (moment === 'after' && (await isBlank(bytes))) troubles.push(`${page} is blank at ${width} pixels.`)
    }
    const looked = shots.map(({ visit }) => visit)
    const described: Awaited<ReturnType<typeof describeShot>>[] = []
    for (const shot of shots) described.push(await describeShot(shot))
    return {
      tool: 'playwright-core',
      toolVersion: looked[0] === undefined ? 'unknown' : `Chromium ${looked[0].browser}`,
      reason: problem ?? troubles[0] ?? null,
      files: shots.map(({ file }) => file),
      fields: {
        browser: looked[0] === undefined ? null : `Chromium ${looked[0].browser}`,
        before_revision: input.before?.commit ?? null,
        shots: described,
        changes: await listChanges(shots),
        stylesheets: await listStyleSheets(
          dir,
          shots.filter(({ moment }) => moment === 'after').map(({ visit }) => visit),
        ),
      },
    }
  },
})
