import { setTimeout as sleep } from 'node:timers/promises'
import type { Orders, Step } from '../orders.ts'
import type { StepResult } from '../report.ts'
import type { Surfer } from './browse.ts'
import { runLoad, runSeries, type GetSaved } from './measure.ts'
import { runRaw, runRequest, type Saved } from './request.ts'
import type { Address, DrivenService } from './service.ts'

export type Work = {
  readonly orders: Orders
  readonly services: readonly DrivenService[]
  readonly surfer: Surfer
  /** Filled one by one, so that what is known is known even when a later step breaks the driver. */
  readonly steps: StepResult[]
}

/** A page has more to do than to answer. */
const PAGE_TIMEOUT_FACTOR = 3

/** The word of a death comes a moment after the connection breaks. */
const DEATH_NOTICE_MS = 60

const getAddress = (service: DrivenService): Address => {
  const address = service.getAddress()
  if (address === undefined)
    throw new Error(`the service is not running: it ${service.findEnd() ?? 'does not answer'}`)
  return address
}

const restart = async (id: string, service: DrivenService): Promise<StepResult> => {
  getAddress(service)
  const stoppingAt = performance.now()
  const heeded = await service.stop()
  const startingAt = performance.now()
  await service.start()
  getAddress(service)
  return {
    id,
    type: 'restart',
    outcome: 'done',
    stopMs: startingAt - stoppingAt,
    heeded,
    readyMs: performance.now() - startingAt,
  }
}

const runStep = async (
  step: Step,
  { orders, surfer }: Work,
  facts: {
    readonly byName: ReadonlyMap<string, DrivenService>
    readonly getSaved: GetSaved
    readonly isLate: () => boolean
  },
): Promise<StepResult> => {
  const { requestTimeoutMs: timeoutMs, modules } = orders
  if (step.type === 'series') return runSeries(step, facts.byName, { timeoutMs, ...facts })
  const service = facts.byName.get(step.service)
  if (service === undefined) throw new Error(`there is no service ${step.service}`)
  switch (step.type) {
    case 'request':
      return runRequest(step, getAddress(service), facts.getSaved(step.service), timeoutMs)
    case 'raw':
      return runRaw(step, getAddress(service), timeoutMs)
    case 'load':
      return runLoad(step, getAddress(service), {
        library: modules.autocannon,
        timeoutMs,
        saved: facts.getSaved(step.service),
      })
    case 'browse':
      return surfer.browse(step, getAddress(service), timeoutMs * PAGE_TIMEOUT_FACTOR)
    case 'restart':
      return restart(step.id, service)
  }
}

/** A service that ended by itself is noted with the step it did not survive, and started again where asked. */
const lookAfter = async (step: string, { orders, services }: Work): Promise<void> => {
  for (const service of services) {
    if (service.getAddress() === undefined || service.findEnd() === undefined) continue
    service.noteDeath(step)
    if (orders.revive) await service.start()
  }
}

/** Starts the services and takes the steps in order; one that fails says why, and the next is taken. */
export const runSteps = async (work: Work): Promise<void> => {
  const { orders, services, steps } = work
  const startedAt = performance.now()
  const isLate = () => performance.now() - startedAt > orders.deadlineMs
  for (const service of services) await service.start()
  const byName = new Map(services.map((service) => [service.name, service]))
  const savedBy = new Map<string, Saved>(services.map(({ name }) => [name, new Map()]))
  const getSaved: GetSaved = (service) => savedBy.get(service) ?? new Map()
  for (const step of orders.steps) {
    if (isLate()) {
      steps.push({ id: step.id, outcome: 'failed', reason: 'the time was up before this step' })
      continue
    }
    try {
      steps.push(await runStep(step, work, { byName, getSaved, isLate }))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      steps.push({ id: step.id, outcome: 'failed', reason: reason.slice(0, 1000).toWellFormed() })
    }
    if (steps.at(-1)?.outcome === 'failed') await sleep(DEATH_NOTICE_MS)
    await lookAfter(step.id, work)
  }
  await sleep(DEATH_NOTICE_MS)
  await lookAfter('(after the last step)', work)
}
