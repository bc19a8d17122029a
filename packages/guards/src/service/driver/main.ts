/**
 * Starts services of the project and drives them, inside one confined command: the sandbox has a loopback of
 * its own, so who asks must be in there with who answers. Its orders come by standard input and are read to
 * the end before the first line of the project runs; what it finds it writes, sealed, to a file that it opened
 * by then.
 *
 * What this stops: a service cannot write a report (the seal needs a key that only this process has), nor add
 * to or replace one (the seal is over every byte, and all other processes are ended before it is made), nor
 * open our debugger (--disable-sigusr1), nor answer for a page's measurements from within the page.
 * What it does not stop: the service has our user id. Where the kernel lets processes of one user trace each
 * other (no Yama, or ptrace_scope 0) a service written for that can read the key from our memory. It may also
 * end or stop us; then there is no sealed report, and the measurement counts as failed.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createHmac, randomBytes } from 'node:crypto'
import { availableParallelism, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Orders } from '../orders.ts'
import type { DriverReport, StepResult } from '../report.ts'
import { makeSurfer } from './browse.ts'
import { makeSweep, MARK } from './processes.ts'
import { runSteps } from './run-steps.ts'
import { makeService, type DrivenService } from './service.ts'

const BROWSER_STOP_MS = 3000

const orders = JSON.parse(readFileSync(0, 'utf8')) as Orders
const file = openSync(orders.report, 'wx', 0o600)
const mark = randomBytes(16).toString('hex')
const passedOn = process.env[orders.passedOn]
const marks = { [MARK]: mark, ...(passedOn !== undefined && { [orders.passedOn]: passedOn }) }
const sweep = makeSweep(mark)
const surfer = makeSurfer(orders.modules)
const services: DrivenService[] = []
const steps: StepResult[] = []
let memory: readonly (number | null)[] = []
let browserTrouble: string | null = null
let isSealed = false

const seal = (trouble: string | null, alone: boolean): void => {
  if (isSealed) return
  isSealed = true
  const facts = services.map((service) => service.getFacts())
  const report: DriverReport = {
    services: facts.map((one, index) => ({ ...one, memoryMb: memory[index] ?? one.memoryMb })),
    steps,
    node: process.version,
    machine: {
      cpus: availableParallelism(),
      memoryMb: Math.round(totalmem() / 1024 ** 2),
      platform: `${process.platform} ${process.arch}`,
    },
    alone,
    browserTrouble,
    trouble,
  }
  const body = `${JSON.stringify(report)}\n`
  const hmac = createHmac('sha256', Buffer.from(orders.key, 'hex')).update(body, 'utf8').digest('hex')
  const bytes = Buffer.from(`${body}${JSON.stringify({ type: 'seal', hmac })}\n`, 'utf8')
  // What others wrote into the file before they were ended goes.
  ftruncateSync(file)
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
  closeSync(file)
}

const finish = async (trouble: string | null): Promise<never> => {
  // Nothing of the project may live while the seal is made.
  const alone = await sweep()
  seal(trouble, alone)
  process.exit(0)
}

const end = (error: unknown): void => {
  finish(error instanceof Error ? error.message : String(error)).catch(() => process.exit(1))
}
process.on('uncaughtException', end)
process.on('unhandledRejection', end)

// Before anything of the project runs, so that a browser that fails has failed by itself.
try {
  await surfer.start()
} catch (error) {
  browserTrouble = String(error).slice(0, 500).toWellFormed()
}
for (const order of orders.services) services.push(makeService(order, marks, orders.startTimeoutMs))
await runSteps({ orders, services, surfer, steps })
memory = services.map((service) => service.getFacts().memoryMb)
for (const service of services) await service.stop()
// A browser that hangs is ended with everything else.
await Promise.race([surfer.stop(), sleep(BROWSER_STOP_MS)])
await finish(null)
