import { createHmac, timingSafeEqual } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { z } from 'zod'

const Result = z.strictObject({
  type: z.literal('result'),
  id: z.number(),
  parent: z.number(),
  kind: z.enum(['suite', 'test', 'file']),
  outcome: z.enum(['pass', 'fail', 'skipped']),
  name: z.string(),
  file: z.string().nullable(),
  ms: z.number(),
  error: z.string(),
})
const Summary = z.strictObject({
  type: z.literal('summary'),
  tests: z.number(),
  passed: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  skipped: z.number(),
})
const Seal = z.strictObject({ type: z.literal('seal'), hmac: z.string().regex(/^[0-9a-f]{64}$/u) })
const Line = z.discriminatedUnion('type', [Result, Summary])

/** One test that ran: `name` has the names of what encloses it before its own. */
export type TestResult = {
  readonly name: string
  readonly file: string | null
  readonly outcome: 'pass' | 'fail' | 'skipped'
  readonly durationMs: number
  readonly error: string
}

export type SealedReport =
  | { readonly outcome: 'read'; readonly results: readonly TestResult[]; readonly body: string }
  | { readonly outcome: 'refused'; readonly reason: string }

/** A report of more bytes is refused unread. */
const MAX_BYTES = 32 * 1024 * 1024

/** The bytes of a regular file, never of what a link points at; undefined where there is none. */
export const findBytes = async (path: string): Promise<Buffer | undefined> => {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const facts = await file.stat()
      return facts.isFile() && facts.size <= MAX_BYTES ? await file.readFile() : undefined
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP'))
      return undefined
    throw error
  }
}

const refused = (reason: string): SealedReport => ({ outcome: 'refused', reason })

const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const parseBody = (body: string): SealedReport => {
  const lines = body
    .split('\n')
    .slice(0, -1)
    .map((line) => Line.safeParse(parseLine(line)))
  if (lines.some(({ success }) => !success)) return refused('The test report breaks its contract.')
  const records = lines.flatMap(({ data }) => (data ? [data] : []))
  const results = records.filter((record) => record.type === 'result')
  const [summary, ...more] = records.filter((record) => record.type === 'summary')
  if (summary === undefined || more.length > 0) return refused('The test report has no single summary.')
  const tests = results.filter(({ kind }) => kind === 'test')
  const passed = tests.filter(({ outcome }) => outcome === 'pass').length
  if (tests.length !== summary.tests || passed !== summary.passed)
    return refused('The test report and its summary disagree.')
  const byId = new Map(results.map((result) => [result.id, result]))
  const getFullName = (id: number, depth = 0): string => {
    const found = byId.get(id)
    if (found === undefined || found.kind === 'file' || depth > 20) return ''
    return `${getFullName(found.parent, depth + 1)} ${found.name}`.trim()
  }
  const failedIn = new Set(results.filter(({ outcome }) => outcome === 'fail').map(({ parent }) => parent))
  return {
    outcome: 'read',
    body,
    results: results
      // A suite or file counts only where it failed by itself: a hook may fail though all its tests passed.
      .filter(
        ({ kind, outcome, id }) =>
          kind === 'test' || (outcome === 'fail' && (kind === 'file' || !failedIn.has(id))),
      )
      .map(({ id, file, outcome, ms, error }) => ({
        name: getFullName(id) || '(hook of the file)',
        file,
        outcome,
        durationMs: ms,
        error,
      })),
  }
}

/** Reads a report and believes it only under the seal that `key` makes over all that stands before it. */
export const readSealedReport = async (path: string, key: Buffer): Promise<SealedReport> => {
  const bytes = await findBytes(path)
  if (bytes === undefined) return refused('The test process ended without a report.')
  const text = bytes.toString('latin1')
  const at = text.lastIndexOf('\n', text.length - 2) + 1
  const seal = Seal.safeParse(parseLine(text.slice(at)))
  if (!seal.success) return refused('The test report has no seal.')
  const body = text.slice(0, at)
  const expected = createHmac('sha256', key).update(body, 'latin1').digest()
  if (!timingSafeEqual(expected, Buffer.from(seal.data.hmac, 'hex')))
    return refused('The test report was not written by our reporter: its seal is wrong.')
  return parseBody(body)
}
