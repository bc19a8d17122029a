import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { parse } from 'yaml'
import { z } from 'zod'
import { SETTINGS, type SettingName } from './settings/setting-table.ts'

const settingNames = Object.keys(SETTINGS) as SettingName[]

type Forms = { readonly [K in SettingName]: (typeof SETTINGS)[K]['form'] }

// fromEntries cannot know that every name of the table is there.
const Config = z.strictObject(
  Object.fromEntries(settingNames.map((name) => [name, SETTINGS[name].form])) as Forms,
)

/** What a project's own file may set. Never keys, servers or folders: a cloned repository is not trusted. */
const PROJECT_SETTINGS: readonly SettingName[] = [
  'models',
  'budgetUsd',
  'clarification',
  'questionDeadlineSeconds',
  'concurrency',
]
export type Config = z.infer<typeof Config> & {
  /** Names that somebody set, by flag, environment or file; the others are defaults. */
  readonly given: ReadonlySet<SettingName>
  /** The folder that the command works in; its `.ropewalk` holds what is the project's own. */
  readonly cwd: string
  /** What a command hook is given of our environment: where programs are, whose home it is, which language. */
  readonly hookEnvironment: Readonly<Record<string, string>>
}

type Raw = Partial<Record<SettingName, unknown>>

const readFile = (file: string, known: readonly SettingName[]): Raw => {
  let source: string
  try {
    source = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new RopewalkError('INVALID_ARGUMENT', `Cannot read ${file}; make it readable or move it away.`, {
      cause: error,
    })
  }
  let values: unknown
  try {
    values = parse(source, { maxAliasCount: 0 }) ?? {}
  } catch (error) {
    throw new RopewalkError('INVALID_ARGUMENT', `${file} is not valid YAML: ${String(error)}`, {
      cause: error,
    })
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new RopewalkError('INVALID_ARGUMENT', `${file} must hold settings as "name: value" lines.`)
  }
  const unknown = Object.keys(values).filter((key) => !(known as readonly string[]).includes(key))
  if (unknown.length > 0) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${file} may not set ${unknown.join(', ')}. It may set: ${known.join(', ')}.`,
    )
  }
  return values
}

const readEnvironment = (env: NodeJS.ProcessEnv): Raw => {
  const found: Raw = {}
  for (const name of settingNames) {
    const value = env[SETTINGS[name].env]
    if (value !== undefined && value !== '') found[name] = value
  }
  return found
}

const HOOK_VARIABLES = ['PATH', 'HOME', 'LANG']

const pickHookEnvironment = (env: NodeJS.ProcessEnv): Readonly<Record<string, string>> =>
  Object.fromEntries(
    HOOK_VARIABLES.flatMap((name) => {
      const value = env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )

/**
 * All settings, from flags, then environment, then `.ropewalk/config.yaml` of the project, then
 * `config.yaml` of the home folder, then defaults. Throws INVALID_ARGUMENT naming the setting and its source.
 */
export const readConfig = (
  env: NodeJS.ProcessEnv,
  options: { readonly flags?: Raw; readonly cwd?: string } = {},
): Config => {
  const fromEnv = readEnvironment(env)
  const flags = options.flags ?? {}
  const project = readFile(
    path.join(options.cwd ?? process.cwd(), '.ropewalk', 'config.yaml'),
    PROJECT_SETTINGS,
  )
  const home = path.resolve(
    String(flags.home ?? fromEnv.home ?? path.join(env['HOME'] ?? homedir(), '.ropewalk')),
  )
  const user =
    path.resolve(home) === path.resolve(options.cwd ?? process.cwd(), '.ropewalk')
      ? {}
      : readFile(path.join(home, 'config.yaml'), settingNames)
  const merged = { ...user, ...project, ...fromEnv, ...flags, home }
  const parsed = Config.safeParse(merged)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const name = String(issue?.path[0] ?? '') as SettingName
    const where = name in flags ? 'the command line' : name in fromEnv ? SETTINGS[name].env : 'config.yaml'
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `Setting ${name} (from ${where}) is not valid: ${issue?.message ?? 'unknown'}.`,
      {
        details: { setting: name, source: where },
      },
    )
  }
  const given = new Set(
    [user, project, fromEnv, flags].flatMap((source) => Object.keys(source)),
  ) as Set<SettingName>
  return {
    ...parsed.data,
    given,
    cwd: path.resolve(options.cwd ?? process.cwd()),
    hookEnvironment: pickHookEnvironment(env),
  }
}
