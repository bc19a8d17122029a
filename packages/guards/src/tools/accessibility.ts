import { z } from 'zod'
import { findStep } from '../service/drive-service.ts'
import { BROWSER_SETTING, DRIVE_SETTINGS, makeServiceTool } from '../service/make-service-tool.ts'
import { listOperations, makeCreations } from '../service/operations.ts'
import { findVisit, listPages, makeVisit, servesNoPage } from '../service/pages.ts'
import type { Browse, Violation } from '../service/report.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  ...BROWSER_SETTING,
  /** Addresses of pages beside the start page and those that the OpenAPI document declares as HTML. */
  pages: z
    .array(z.string().regex(/^\/\S*$/u))
    .max(50)
    .default([]),
  max_pages: z.int().min(1).max(50).default(10),
  /** Tags of the rules of axe-core. */
  rules: z
    .array(z.string().regex(/^[\w.-]{1,40}$/u))
    .min(1)
    .max(20)
    .default(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']),
})

const IMPACTS = ['minor', 'moderate', 'serious', 'critical'] as const

const cut = (text: string, max: number): string =>
  text.toWellFormed().replaceAll('\u0000', '\uFFFD').slice(0, max).toWellFormed()

const toViolation = ({ rule, impact, help, tags, nodes }: Violation) => ({
  rule: cut(rule, 120),
  impact: IMPACTS.find((one) => one === impact) ?? ('serious' as const),
  help: cut(help, 1000) || rule,
  wcag: tags
    .filter((tag) => tag.startsWith('wcag'))
    .slice(0, 20)
    .map((tag) => cut(tag, 40)),
  nodes: nodes.map((node) => cut(node, 1000)).filter((node) => node !== ''),
})

const toPage = (path: string, axe: NonNullable<Browse['axe']>) => ({
  path: path.slice(0, 300),
  passes: axe.passes,
  violations: axe.violations.slice(0, 200).map(toViolation),
  incomplete: axe.incomplete
    .slice(0, 200)
    .map(({ rule, help }) => ({ rule: cut(rule, 120), help: cut(help, 1000) || rule })),
})

const getStandard = (rules: readonly string[]): string => {
  const level = rules.some((rule) => rule.endsWith('aa')) ? 'AA' : 'A'
  const version = rules.some((rule) => rule.startsWith('wcag22'))
    ? '2.2'
    : rules.some((rule) => rule.startsWith('wcag21'))
      ? '2.1'
      : '2.0'
  return `WCAG ${version} ${level}`
}

/** Applies the rules of axe-core to the pages in Chromium, from a world that the pages' scripts cannot reach. */
export const tool = makeServiceTool({
  name: 'accessibility',
  version: '1.0.0',
  settings: Settings,
  needsBrowser: true,
  unmeasured: { standard: 'none', browser: null, pages: [], violations: 0 },
  measure: async ({ settings, openapi, drive }) => {
    const operations = listOperations(openapi)
    const paths = listPages(operations, settings.pages, settings.max_pages)
    const { report, problem } = await drive({
      needs: ['browser', 'axe'],
      steps: [
        // A page with something on it has more to judge.
        ...makeCreations(operations, 'after'),
        ...paths.map((path, index) => makeVisit({ id: `page-${index}`, path, axeTags: settings.rules })),
      ],
    })
    if (report !== null && report.browserTrouble !== null)
      return { notRun: `Chromium does not start here: ${report.browserTrouble}` }
    const start = findStep(report, 'page-0', 'browse')
    if (problem === null && paths.length === 1 && servesNoPage(start))
      return {
        notRun: `The service serves no page: / answers ${typeof start === 'string' ? start : `${start.status} ${start.contentType}`}.`,
      }
    const visits = paths.map((path, index) => ({ path, visit: findVisit(report, `page-${index}`) }))
    const pages = visits.flatMap(({ path, visit }) =>
      typeof visit === 'string' || visit.axe === null ? [] : [toPage(path, visit.axe)],
    )
    const missed = visits.find(({ visit }) => typeof visit === 'string')
    const looked = visits.map(({ visit }) => visit).find((visit) => typeof visit !== 'string')
    return {
      tool: 'axe-core',
      toolVersion: looked?.axe?.version ?? 'unknown',
      reason:
        problem ?? (missed === undefined ? null : `${missed.path} was not judged: ${String(missed.visit)}.`),
      fields: {
        standard: getStandard(settings.rules),
        browser: looked === undefined ? null : `Chromium ${looked.browser}`,
        pages,
        violations: pages.reduce((sum, { violations }) => sum + violations.length, 0),
      },
    }
  },
})
