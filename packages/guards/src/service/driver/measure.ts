import { Agent } from 'node:http'
import { pathToFileURL } from 'node:url'
import type { LoadStep, SeriesStep } from '../orders.ts'
import type { Series, StepResult } from '../report.ts'
import { callService, fill, type Saved } from './request.ts'
import type { Address, DrivenService } from './service.ts'

const findFilled = (path: string, saved: Saved): string | undefined => {
  try {
    return fill(path, saved)
  } catch {
    return undefined
  }
}

/** What earlier answers of a service held, by the service's name. */
export type GetSaved = (service: string) => Saved

type Part = { -readonly [Key in keyof Series['parts'][number]]: Series['parts'][number][Key] }

/** Whether an answer is far shorter than the same call was answered with before: it was made for whoever measures. */
const isHollow = (expected: number, bytes: number): boolean => bytes < expected / 2

/**
 * Every request of every service, `rounds` times, one at a time and the services in turn, so that a slow
 * moment of the machine meets all of them. An answer that does not come, or comes hollow, counts with status 0.
 */
export const runSeries = async (
  step: SeriesStep,
  services: ReadonlyMap<string, DrivenService>,
  limits: { readonly timeoutMs: number; readonly isLate: () => boolean; readonly getSaved: GetSaved },
): Promise<StepResult> => {
  const calls = step.requests.flatMap(({ method, path }) =>
    step.services.flatMap((service): { readonly filled: string; readonly part: Part }[] => {
      const filled = findFilled(path, limits.getSaved(service))
      const part = { service, method, path, ms: [], statuses: [], bytes: 0 }
      return filled === undefined ? [] : [{ filled, part }]
    }),
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  for (let round = 0; round < step.rounds && !limits.isLate(); round += 1) {
    for (const { part, filled } of calls) {
      if (limits.isLate()) break
      const startedAt = performance.now()
      const address = services.get(part.service)?.getAddress()
      if (address === undefined) {
        part.ms.push(0)
        part.statuses.push(0)
        continue
      }
      try {
        const { method } = part
        const answer = await callService({
          address,
          method,
          path: filled,
          agent,
          timeoutMs: limits.timeoutMs,
        })
        const isFirst = part.statuses.length === 0
        part.ms.push(answer.ms)
        part.statuses.push(isFirst || !isHollow(part.bytes, answer.bytes) ? answer.status : 0)
        if (isFirst) part.bytes = answer.bytes
      } catch {
        part.ms.push(performance.now() - startedAt)
        part.statuses.push(0)
      }
    }
  }
  agent.destroy()
  return { id: step.id, type: 'series', outcome: 'done', parts: calls.map(({ part }) => part) }
}

/** The part of autocannon that is used here. */
type Cannon = {
  readonly on: (
    event: 'response',
    heard: (client: unknown, status: number, bytes: number, ms: number) => void,
  ) => void
  readonly stop: () => void
}
type CannonResult = {
  readonly errors: number
  readonly timeouts: number
  readonly non2xx: number
  readonly mismatches: number
}
type StartCannon = (
  options: Readonly<Record<string, unknown>>,
  ended: (error: Error | null, result: CannonResult) => void,
) => Cannon

const getUrl = ({ host, port }: Address): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`

export const runLoad = async (
  step: LoadStep,
  address: Address,
  { library, timeoutMs, saved }: { library: string | null; timeoutMs: number; saved: Saved },
): Promise<StepResult> => {
  if (library === null) return { id: step.id, outcome: 'failed', reason: 'autocannon was not provided' }
  const loaded = (await import(pathToFileURL(library).href)) as { readonly default: StartCannon }
  const path = fill(step.path, saved)
  // What one caller is given is what many are to be given: a service may notice that it is measured.
  const single = await callService({ address, method: 'GET', path, timeoutMs })
  const { promise, resolve, reject } = Promise.withResolvers<CannonResult>()
  const startedAt = performance.now()
  let lastAt = startedAt
  const ms: number[] = []
  const cannon = loaded.default(
    {
      url: getUrl(address),
      connections: step.connections,
      amount: step.amount,
      timeout: Math.max(1, Math.ceil(timeoutMs / 1000)),
      requests: [{ method: 'GET', path }],
      verifyBody: (body: string) => !isHollow(single.bytes, Buffer.byteLength(body)),
      // Counts are taken at the end of such a span, so this is how coarse the duration would be.
      sampleInt: 100,
    },
    (error, result) => {
      if (error === null) resolve(result)
      else reject(error)
    },
  )
  let refused = 0
  cannon.on('response', (_client, status, _bytes, taken) => {
    if (status >= 400 || status !== single.status) refused += 1
    ms.push(taken)
    lastAt = performance.now()
  })
  const late = setTimeout(() => {
    cannon.stop()
  }, step.maxSeconds * 1000)
  const result = await promise
  clearTimeout(late)
  return {
    id: step.id,
    type: 'load',
    outcome: 'done',
    answered: ms.length,
    errors: result.errors + refused + result.mismatches,
    timeouts: result.timeouts,
    bad: result.non2xx,
    durationMs: (result.errors === 0 && ms.length > 0 ? lastAt : performance.now()) - startedAt,
    ms,
  }
}
