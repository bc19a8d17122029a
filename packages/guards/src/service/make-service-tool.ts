import { cpus, totalmem } from 'node:os'
import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { hasCode, RopewalkError } from '@ropewalk/core/errors'
import { findDocument } from '../documents.ts'
import { getReason } from '../make-guard.ts'
import type { Tool, ToolInput, ToolResult } from '../tool.ts'
import { driveService, type Driven, type DrivePlan } from './drive-service.ts'
import { findBrowser } from './find-browser.ts'

/** Settings that every tool has which starts the service. */
export const DRIVE_SETTINGS = {
  /** From its start to its first answer. */
  start_timeout_ms: z.int().min(100).max(600_000).default(10_000),
  /** For one answer; a page may take three times as long. */
  request_timeout_ms: z.int().min(50).max(120_000).default(5000),
  /** After this long no further step is begun. */
  deadline_ms: z.int().min(1000).max(3_600_000).default(45_000),
} as const

/** Where Chromium lies, for tools that look at pages; looked for in its usual places when it is not said. */
export const BROWSER_SETTING = { browser: z.string().min(1).max(1000).optional() } as const

export type DriveSettings = {
  readonly start_timeout_ms: number
  readonly request_timeout_ms: number
  readonly deadline_ms: number
  readonly browser?: string | undefined
}

/** The document a tool makes of a service it has in hand, before the fields that all have. */
export type Measured = {
  readonly tool?: string
  readonly toolVersion?: string
  readonly fields: Readonly<Record<string, unknown>>
  /** Why the measurement says less than it should, though it was made: a guard fails such a document. */
  readonly reason?: string | null
  readonly files?: ToolResult['files']
}

/** A machine that lacks something, or a project that has nothing of the kind: outcome not-run. */
export type NotMeasured = { readonly notRun: string }

export type ServiceContext<S> = {
  readonly input: ToolInput
  readonly settings: S
  readonly manifest: DocumentOf<'RepoManifest'>
  readonly openapi: DocumentOf<'OpenAPI'> | undefined
  readonly dir: string
  readonly commit: string
  /** The service of the judged commit is called `after` in steps, that of the commit before it `before`. */
  readonly drive: (
    plan: Pick<DrivePlan, 'steps' | 'needs' | 'revive'> & { readonly withBefore?: boolean },
  ) => Promise<Driven>
}

/** The document of this name among a tool's inputs. */
export const findInput = <N extends Parameters<typeof findDocument>[1]>(input: ToolInput, name: N) =>
  findDocument({ judged: input.inputs, others: [] }, name)

/** Settings as their contract has them. Throws INVALID_ARGUMENT with the field. */
export const parseSettings = <S extends z.ZodType>(name: string, settings: S, given: unknown): z.infer<S> => {
  const parsed = settings.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `settings.${issue?.path.map(String).join('.') ?? ''} of the tool ${name}: ${issue?.message ?? 'wrong'}.`,
    { details: { tool: name } },
  )
}

/** Software and machine that a figure depends on, short enough for a document. */
export const getMachine = (): string =>
  `Node ${process.version}, ${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 2)} MB`

const findObstacle = (
  input: ToolInput,
  manifest: DocumentOf<'RepoManifest'> | undefined,
): string | undefined => {
  if (input.worktree === null) return 'There is no code to start: the inputs hold no SourceCode.'
  if (manifest === undefined) return 'There is no RepoManifest that says how to start the service.'
  if (manifest.kind !== 'service') return `RepoManifest says that this is a ${manifest.kind}, not a service.`
  return undefined
}

type Definition<S extends z.ZodType> = {
  readonly name: string
  readonly version: string
  readonly settings: S
  /** The fields of the document beyond those of every measurement, where nothing was measured. */
  readonly unmeasured: Readonly<Record<string, unknown>>
  readonly needsBrowser?: boolean
  readonly measure: (context: ServiceContext<z.infer<S>>) => Promise<Measured | NotMeasured>
}

/**
 * Makes a tool that starts the service of the judged commit and measures it. A project without a service, a
 * machine without a sandbox or, where pages are looked at, without Chromium: a document with outcome not-run.
 */
export const makeServiceTool = <S extends z.ZodType<DriveSettings>>(definition: Definition<S>): Tool => {
  const { name, version, needsBrowser = false } = definition
  const run = async (input: ToolInput): Promise<ToolResult> => {
    const settings = parseSettings(name, definition.settings, input.settings)
    const ran: { readonly argv: readonly string[]; readonly exitCode: number | null }[] = []
    const revision = input.worktree?.commit ?? null
    const measured = {
      tool: `ropewalk-${name}`,
      toolVersion: `${version} (${getMachine()})`,
      revision,
    }
    const getNotRun = (reason: string): ToolResult => ({
      document: {
        ...measured,
        argv: null,
        outcome: 'not-run',
        reason: getReason(reason),
        ...definition.unmeasured,
      },
      ran,
    })
    const manifest = findInput(input, 'RepoManifest')
    const obstacle = findObstacle(input, manifest)
    if (obstacle !== undefined || manifest === undefined || input.worktree === null)
      return getNotRun(obstacle ?? 'There is nothing to start.')
    if (needsBrowser && findBrowser(settings.browser) === undefined)
      return getNotRun(
        settings.browser === undefined
          ? 'There is no Chromium on this machine (package chromium); pages were not looked at.'
          : `There is no Chromium at ${settings.browser}; pages were not looked at.`,
      )
    const { dir, commit } = input.worktree
    const before = input.before
    const drive: ServiceContext<z.infer<S>>['drive'] = async ({ withBefore = false, ...plan }) => {
      const driven = await driveService(input, {
        ...plan,
        services: [
          { name: 'after', dir, manifest },
          ...(withBefore && before !== null
            ? [{ name: 'before', dir: before.dir, manifest, isBaseline: true }]
            : []),
        ],
        browser: settings.browser,
        startTimeoutMs: settings.start_timeout_ms,
        requestTimeoutMs: settings.request_timeout_ms,
        deadlineMs: settings.deadline_ms,
      })
      ran.push({ argv: driven.confined.argv, exitCode: driven.confined.exitCode })
      return driven
    }
    try {
      const openapi = findInput(input, 'OpenAPI')
      const found = await definition.measure({ input, settings, manifest, openapi, dir, commit, drive })
      if ('notRun' in found) return getNotRun(found.notRun)
      const reason = found.reason ?? null
      return {
        document: {
          ...measured,
          ...(found.tool === undefined ? {} : { tool: found.tool }),
          ...(found.toolVersion === undefined ? {} : { toolVersion: found.toolVersion }),
          argv: ran[0] === undefined ? null : [...ran[0].argv],
          outcome: 'done',
          reason: reason === null ? null : getReason(reason),
          ...found.fields,
        },
        ...(found.files === undefined ? {} : { files: found.files }),
        ran,
      }
    } catch (error) {
      if (!hasCode(error, 'SANDBOX_UNAVAILABLE')) throw error
      return getNotRun(error.message)
    }
  }
  return { name, version, run }
}
