import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, sep } from 'node:path'
import { z } from 'zod'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RepoManifest } from '@ropewalk/core/contract/documents'
import { COMMAND_MARK } from '../command-mark.ts'
import type { ConfinedRequest, ConfinedResult } from '../guard.ts'
import { findBytes } from '../suite/sealed-report.ts'
import type { ToolInput } from '../tool.ts'
import { findBrowser } from './find-browser.ts'
import type { DriverModules, Orders, Step } from './orders.ts'
import { DriverReport, type Failed, type ServiceFacts, type StepResult } from './report.ts'

const DRIVER = new URL('./driver/', import.meta.url)

// Read when the first tool is loaded: what later happens to the files on disk changes no measurement.
const DRIVER_FILES = readdirSync(DRIVER).map((name) => ({
  name,
  bytes: readFileSync(new URL(name, DRIVER)),
}))

/** What the driver prints is its own trouble only; services print into its memory. */
const MAX_OUTPUT_BYTES = 64 * 1024
/** Chromium and a service with room to breathe. */
const MEMORY_MB = 3072
/** Over the driver's own deadline: for starting, stopping and sealing. */
const GRACE_MS = 40_000

const Seal = z.strictObject({ type: z.literal('seal'), hmac: z.string().regex(/^[0-9a-f]{64}$/u) })

export type DrivePlan = {
  readonly services: readonly {
    readonly name: string
    readonly dir: string
    readonly manifest: RepoManifest
    /** What is compared with: that it does not run is no fault of the commit under judgement. */
    readonly isBaseline?: boolean
  }[]
  readonly steps: readonly Step[]
  readonly needs?: readonly ('autocannon' | 'browser' | 'axe')[]
  readonly browser?: string | undefined
  readonly revive?: boolean
  readonly startTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly deadlineMs: number
}

/** `report` is null where no report can be believed; `problem` then says why, and else what went wrong. */
export type Driven = {
  readonly report: DriverReport | null
  readonly problem: string | null
  readonly confined: ConfinedResult
}

const require = createRequire(import.meta.url)

const getModules = (plan: DrivePlan): DriverModules => {
  const needs = new Set(plan.needs ?? [])
  return {
    autocannon: needs.has('autocannon') ? require.resolve('autocannon') : null,
    playwright: needs.has('browser') ? require.resolve('playwright-core') : null,
    axe: needs.has('axe') ? require.resolve('axe-core/axe.min.js') : null,
    browser: needs.has('browser') ? (findBrowser(plan.browser) ?? null) : null,
  }
}

/** The outermost `node_modules` around a file: what a package needs lies beside it or further out. */
const getModulesFolder = (file: string): string => {
  const parts = file.split(sep)
  const at = parts.indexOf('node_modules')
  return at === -1 ? dirname(file) : parts.slice(0, at + 1).join(sep)
}

const listMounts = (modules: DriverModules, folders: readonly string[]): ConfinedRequest['mounts'] => {
  const libraries = [modules.autocannon, modules.playwright, modules.axe].flatMap((file) =>
    file === null ? [] : [getModulesFolder(file)],
  )
  // Without its font settings Chromium draws text in whatever comes first.
  const fonts = modules.browser === null || !existsSync('/etc/fonts') ? [] : ['/etc/fonts']
  const browser = modules.browser === null ? [] : [dirname(modules.browser)]
  const outside = [...libraries, ...fonts, ...browser, dirname(process.execPath)]
  return [...new Set([...outside, ...folders])].map((path) => ({ path, write: false }))
}

const copyCheckout = (from: string, to: string): Promise<void> =>
  cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => basename(path) !== '.git',
  })

/** What the report says, where its seal is ours. */
const readReport = async (path: string, key: Buffer): Promise<DriverReport | string> => {
  const bytes = await findBytes(path)
  if (bytes === undefined || bytes.length === 0) return 'The driver was ended before it could report.'
  const text = bytes.toString('utf8')
  const at = text.lastIndexOf('\n', text.length - 2) + 1
  const parse = (line: string): unknown => {
    try {
      return JSON.parse(line)
    } catch (error) {
      if (error instanceof SyntaxError) return undefined
      throw error
    }
  }
  const seal = Seal.safeParse(parse(text.slice(at)))
  if (!seal.success) return 'The report of the driver has no seal.'
  const body = text.slice(0, at)
  const expected = createHmac('sha256', key).update(body, 'utf8').digest()
  if (!timingSafeEqual(expected, Buffer.from(seal.data.hmac, 'hex')))
    return 'The report was not written by our driver: its seal is wrong.'
  const report = DriverReport.safeParse(parse(body))
  if (report.success) return report.data
  const [issue] = report.error.issues
  return `The report of the driver breaks its contract at ${issue?.path.map(String).join('.') ?? ''}.`
}

/** What a service said last; of a stack the line that names the error, which stands above it. */
const getWords = (output: string): string => {
  const error = /^.*\b\w*(?:Error|Exception)\b.*$/mu.exec(output)?.[0].trim().slice(0, 300)
  const end = output.slice(-300)
  return error === undefined || end.includes(error) ? end : `${error} … ${end}`
}

const getServiceProblem = ({ name, problem, deaths, output }: ServiceFacts, isSingle: boolean): string[] => {
  const who = isSingle ? 'The service' : `The service of the ${name} version`
  const said = output.trim() === '' ? '' : ` It said: ${getWords(output.trim())}`
  return [
    ...(problem === null ? [] : [`${who} ${problem}${said}`]),
    ...deaths.map(({ step, how }) => `${who} ${how} during ${step}.${said}`),
  ]
}

/** The first thing that makes a report worthless as a measurement; null where all went as ordered. */
const getProblem = (report: DriverReport, { services, revive = false }: DrivePlan): string | null => {
  if (report.trouble !== null) return `The driver broke off: ${report.trouble}`
  if (!report.alone) return 'Processes of the service could not be ended, so that the report is not believed.'
  const judged = report.services.filter((_, index) => services[index]?.isBaseline !== true)
  const problems = judged.flatMap((facts) =>
    getServiceProblem(revive ? { ...facts, deaths: [] } : facts, judged.length === 1),
  )
  return problems[0] ?? null
}

/**
 * Starts the services on copies of their checkouts and takes the steps, all in one confined command, and gives
 * back the driver's sealed report. Nothing is left running. Throws SANDBOX_UNAVAILABLE.
 */
export const driveService = async (
  input: Pick<ToolInput, 'scratch' | 'runConfined'>,
  plan: DrivePlan,
): Promise<Driven> => {
  const base = join(await realpath(input.scratch), `drive-${randomBytes(8).toString('hex')}`)
  const tool = join(base, 'tool')
  const reports = join(base, 'reports')
  const work = join(base, 'work')
  for (const folder of [join(tool, 'driver'), reports, work])
    await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(tool, 'package.json'), '{"type":"module"}\n')
  for (const { name, bytes } of DRIVER_FILES) await writeFile(join(tool, 'driver', name), bytes)
  const services: Orders['services'][number][] = []
  for (const { name, dir, manifest } of plan.services) {
    const { start, port_env: portEnv } = manifest
    if (start === null || portEnv === null)
      throw new RopewalkError('INVALID_ARGUMENT', `The manifest of ${name} starts no service.`)
    const copy = join(work, name)
    await copyCheckout(dir, copy)
    services.push({ name, dir: copy, argv: start, portEnv })
  }
  const key = randomBytes(32)
  const modules = getModules(plan)
  const orders: Orders = {
    key: key.toString('hex'),
    report: join(reports, randomBytes(16).toString('hex')),
    services,
    passedOn: COMMAND_MARK,
    steps: plan.steps,
    modules,
    revive: plan.revive === true,
    startTimeoutMs: plan.startTimeoutMs,
    requestTimeoutMs: plan.requestTimeoutMs,
    deadlineMs: plan.deadlineMs,
  }
  try {
    const confined = await input.runConfined({
      // Without SIGUSR1 nobody can open a debugger in the driver.
      argv: [process.execPath, '--disable-sigusr1', join(tool, 'driver', 'main.ts')],
      cwd: work,
      mounts: [...(listMounts(modules, [tool]) ?? []), { path: reports, write: true }],
      // Libraries of the driver ask for a home; the services get one of their own.
      env: { HOME: work },
      stdin: JSON.stringify(orders),
      timeoutMs: plan.deadlineMs + plan.services.length * plan.startTimeoutMs + GRACE_MS,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      memoryMb: MEMORY_MB,
    })
    const report = await readReport(orders.report, key)
    if (typeof report !== 'string') return { report, problem: getProblem(report, plan), confined }
    const tail = confined.stderr.trim().slice(-400)
    return { report: null, problem: `${report}${tail === '' ? '' : ` It said: ${tail}`}`, confined }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}

type Done = Exclude<StepResult, Failed>
type DoneOf<T extends Done['type'], D = Done> = D extends Done ? (T extends D['type'] ? D : never) : never

/** What a step found, or as text why it found nothing. */
export const findStep = <T extends Done['type']>(
  report: DriverReport | null,
  id: string,
  type: T,
): DoneOf<T> | string => {
  const found = report?.steps.find((step) => step.id === id)
  if (found === undefined) return 'it was not reached'
  if (found.outcome === 'failed') return found.reason
  // The driver answers each step by its own kind; the ids are ours.
  return found.type === type ? (found as DoneOf<T>) : `it is a ${found.type}`
}
