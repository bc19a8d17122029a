import type { ServiceOperation } from './operations.ts'
import { findStep } from './drive-service.ts'
import type { BrowseStep } from './orders.ts'
import type { Browse, DriverReport } from './report.ts'

export type Breakpoint = { readonly width: number; readonly height: number }

/** A telephone, a tablet upright, a laptop. */
export const BREAKPOINTS: readonly Breakpoint[] = [
  { width: 360, height: 740 },
  { width: 768, height: 1024 },
  { width: 1280, height: 800 },
]

const isPage = ({ responses }: ServiceOperation): boolean =>
  Object.values(responses).some((response) => JSON.stringify(response).includes('text/html'))

/** Addresses of pages: the start page, those named, and GET operations that answer HTML to anybody. */
export const listPages = (
  operations: readonly ServiceOperation[],
  named: readonly string[],
  max: number,
): string[] => {
  const declared = operations
    .filter((operation) => operation.method === 'GET' && isPage(operation) && !operation.path.includes('{'))
    .map(({ callPath }) => callPath)
  return [...new Set(['/', ...named, ...declared])].slice(0, max)
}

export const makeVisit = (
  fields: Pick<BrowseStep, 'id' | 'path'> & Partial<BrowseStep> & Partial<Breakpoint>,
): BrowseStep => ({
  type: 'browse',
  service: 'after',
  width: 1280,
  height: 800,
  javaScript: true,
  axeTags: [],
  screenshot: false,
  ...fields,
})

/** What a visit found, or why it is no visit to a page. */
export const findVisit = (report: DriverReport | null, id: string): Browse | string => {
  const visit = findStep(report, id, 'browse')
  if (typeof visit === 'string') return visit
  if (visit.status >= 400) return `it answered ${visit.status}`
  return visit
}

/** Whether the start of a service is no page at all, as with an API for programs. */
export const servesNoPage = (visit: Browse | string): boolean =>
  typeof visit !== 'string' && (visit.status === 404 || !/html/u.test(visit.contentType))
