import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { WorkspaceId } from '@ropewalk/core/ids'
import { parse } from 'yaml'
import { z } from 'zod'

const usd = z.coerce.number().min(0).max(1_000_000)
const flag = z
  .union([z.boolean(), z.enum(['0', '1', 'true', 'false'])])
  .transform((v) => v === true || v === '1' || v === 'true')
const folders = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : value.split(path.delimiter)).filter(Boolean))
  .pipe(z.array(z.string().refine((folder) => path.isAbsolute(folder), 'expected absolute paths')).max(50))
const models = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    (Array.isArray(value) ? value : value.split(',')).map((entry) => entry.trim()).filter(Boolean),
  )
  .pipe(
    z
      .array(
        z.string().regex(/^(offline|(openai|anthropic|google|compatible)\/\S{1,100})$/u, {
          message: 'expected offline, openai/NAME, anthropic/NAME, google/NAME or compatible/NAME',
        }),
      )
      .min(1),
  )
const sources = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    (Array.isArray(value) ? value : value.split(',')).map((entry) => entry.trim()).filter(Boolean),
  )
  .pipe(z.array(z.string().max(400)).max(100))
const argv = z
  .union([z.string(), z.array(z.string())])
  .transform((value, context) => {
    if (Array.isArray(value)) return value
    try {
      return JSON.parse(value) as unknown
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      // Its own words repeat the value, which may hold a token.
      context.addIssue({ code: 'custom', message: 'expected a list of texts, in the environment as JSON' })
      return z.NEVER
    }
  })
  .pipe(
    z
      .array(
        z
          .string()
          .max(4096)
          .refine((word) => !word.includes('\0'), 'expected texts without NUL'),
      )
      .min(1)
      .max(50),
  )
/** The same, or plain words in one text, cut at spaces; a word with a space in it needs the list. */
const words = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    typeof value === 'string' && !value.trimStart().startsWith('[')
      ? value.split(/\s+/u).filter(Boolean)
      : value,
  )
  .pipe(argv)
const webhookSecret = z
  .string()
  .min(16)
  .refine(
    (value) => !value.startsWith('whsec_') || Buffer.from(value.slice(6), 'base64').length >= 16,
    'expected base64 of at least 16 bytes after whsec_',
  )
const httpUrl = z.url({ protocol: /^https?$/u, message: 'expected an http or https address' })

/**
 * Every setting, its form and its default. The same names hold as `ROPEWALK_…` in the environment and
 * as keys of `config.yaml`; docs/configuration.md is compared with this table by a test.
 */
export const SETTINGS = {
  home: { env: 'ROPEWALK_HOME', form: z.string().min(1), about: 'Folder of keys, data and dossiers.' },
  databaseUrl: {
    env: 'DATABASE_URL',
    form: z.string().min(1).optional(),
    about: 'A Postgres of your own instead of the embedded one.',
  },
  host: { env: 'ROPEWALK_HOST', form: z.string().default('127.0.0.1'), about: 'Address the API listens on.' },
  port: {
    env: 'ROPEWALK_PORT',
    form: z.coerce.number().int().min(0).max(65_535).default(18_080),
    about: 'Port of the API. When nobody named one and it is taken, the next free one is used.',
  },
  models: {
    env: 'ROPEWALK_MODEL',
    form: models.default(['offline']),
    about: 'Ordered list of models; the next one is tried when one is at its limit.',
  },
  compatibleBaseUrl: {
    env: 'ROPEWALK_COMPATIBLE_BASE_URL',
    form: z.url().optional(),
    about: 'Server of compatible/NAME models.',
  },
  compatibleApiKey: {
    env: 'ROPEWALK_COMPATIBLE_API_KEY',
    form: z.string().optional(),
    about: 'Key of that server, when it wants one.',
  },
  openaiApiKey: { env: 'OPENAI_API_KEY', form: z.string().optional(), about: 'Key for openai/NAME.' },
  openaiBaseUrl: {
    env: 'OPENAI_BASE_URL',
    form: z.url().optional(),
    about: 'Another server that speaks the OpenAI protocol.',
  },
  anthropicApiKey: {
    env: 'ANTHROPIC_API_KEY',
    form: z.string().optional(),
    about: 'Key for anthropic/NAME.',
  },
  anthropicBaseUrl: {
    env: 'ANTHROPIC_BASE_URL',
    form: z.url().optional(),
    about: 'Another server that speaks the Anthropic protocol.',
  },
  googleApiKey: {
    env: 'GOOGLE_GENERATIVE_AI_API_KEY',
    form: z.string().optional(),
    about: 'Key for google/NAME.',
  },
  googleBaseUrl: {
    env: 'GOOGLE_GENERATIVE_AI_BASE_URL',
    form: z.url().optional(),
    about: 'Another server that speaks the Gemini protocol.',
  },
  callTimeoutSeconds: {
    env: 'ROPEWALK_CALL_TIMEOUT',
    // Node's fetch gives up by itself after 300 s with an error that does not say why.
    form: z.coerce.number().min(1).max(290).default(240),
    about: 'Seconds until a model call without an answer is given up.',
  },
  playbook: {
    env: 'ROPEWALK_PLAYBOOK',
    form: z.string().min(1).optional(),
    about: 'Folder of a playbook of your own instead of the one that came with the program.',
  },
  repoRoots: {
    env: 'ROPEWALK_REPO_ROOTS',
    form: folders.optional(),
    about: 'Folders below which a run asked for over HTTP may start from a repository, separated by colons.',
  },
  workspace: {
    env: 'ROPEWALK_WORKSPACE',
    form: WorkspaceId.default('default' as WorkspaceId),
    about: 'Workspace of the command.',
  },
  budgetUsd: {
    env: 'ROPEWALK_BUDGET',
    form: usd.default(5),
    about: 'What one run may spend, in US dollars.',
  },
  workspaceBudgetUsd: {
    env: 'ROPEWALK_WORKSPACE_BUDGET',
    form: usd.default(100),
    about: 'What all runs of a new workspace may spend together, in US dollars.',
  },
  clarification: {
    env: 'ROPEWALK_CLARIFICATION',
    form: z.enum(['human', 'autonomous', 'hybrid']).default('hybrid'),
    about: 'Who answers questions.',
  },
  questionDeadlineSeconds: {
    env: 'ROPEWALK_QUESTION_DEADLINE',
    form: z.coerce.number().min(0).max(2_592_000).optional(),
    about:
      'Seconds until a question takes its default (600 at a terminal, 3 elsewhere). Where the clarification is human, questions wait.',
  },
  concurrency: {
    env: 'ROPEWALK_CONCURRENCY',
    form: z.coerce.number().int().min(1).max(256).default(3),
    about: 'Tasks this process works on at once.',
  },
  leaseSeconds: {
    env: 'ROPEWALK_LEASE',
    form: z.coerce.number().min(1).max(3600).default(30),
    about: 'How long a claim holds without a heartbeat.',
  },
  notifyWebhook: {
    env: 'ROPEWALK_NOTIFY_WEBHOOK',
    form: httpUrl.optional(),
    about: 'Address that is told by POST when a question or an approval waits for a person.',
  },
  notifyWebhookSecret: {
    env: 'ROPEWALK_NOTIFY_WEBHOOK_SECRET',
    form: webhookSecret.optional(),
    about: 'Signs what is posted there; text, or base64 behind whsec_.',
  },
  notifyAllowPrivate: {
    env: 'ROPEWALK_NOTIFY_ALLOW_PRIVATE',
    form: flag.default(false),
    about: 'Let that address be on this machine or in a private network.',
  },
  notifyCommand: {
    env: 'ROPEWALK_NOTIFY_COMMAND',
    form: argv.optional(),
    about: 'Program and arguments, as a list, run when a question or an approval waits for a person.',
  },
  publicUrl: {
    env: 'ROPEWALK_PUBLIC_URL',
    form: httpUrl.optional(),
    about: 'Where people reach this server, for links; otherwise the address it listens on.',
  },
  bus: {
    env: 'ROPEWALK_BUS',
    form: z.enum(['postgres', 'redis']).default('postgres'),
    about: 'What carries events between processes: the database itself, or Redis Streams.',
  },
  redisUrl: {
    env: 'ROPEWALK_REDIS_URL',
    form: z
      .url({ protocol: /^rediss?$/u, message: 'expected redis://HOST:PORT or rediss://HOST:PORT' })
      .optional(),
    about: 'Redis server of the bus, with user and password if it wants them; rediss:// is TLS.',
  },
  busNamespace: {
    env: 'ROPEWALK_BUS_NAMESPACE',
    form: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._-]{0,62}$/u,
        'expected lower-case letters, digits, dots, dashes and underscores',
      )
      .default('audit'),
    about: 'What the names of streams in Redis begin with.',
  },
  busPeople: {
    env: 'ROPEWALK_BUS_PEOPLE',
    form: sources.optional(),
    about: 'Sources of events on the bus whose word counts as a person’s, separated by commas.',
  },
  uploadScan: {
    env: 'ROPEWALK_UPLOAD_SCAN',
    form: words.optional(),
    about: 'Program and arguments that get each uploaded file on standard input: exit 0 is clean, 1 refused.',
  },
  unconfined: {
    env: 'ROPEWALK_UNCONFINED',
    form: flag.default(false),
    about: 'Run agent-written code without a sandbox where none is to be had; the dossier says so.',
  },
  production: {
    env: 'ROPEWALK_PRODUCTION',
    form: flag.default(false),
    about: 'Refuse to work with the offline model, whose documents and code are simulated.',
  },
  logLevel: {
    env: 'ROPEWALK_LOG_LEVEL',
    form: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    about: 'How much is logged.',
  },
} as const

const Config = z.strictObject({
  home: SETTINGS.home.form,
  databaseUrl: SETTINGS.databaseUrl.form,
  host: SETTINGS.host.form,
  port: SETTINGS.port.form,
  models: SETTINGS.models.form,
  compatibleBaseUrl: SETTINGS.compatibleBaseUrl.form,
  compatibleApiKey: SETTINGS.compatibleApiKey.form,
  openaiApiKey: SETTINGS.openaiApiKey.form,
  openaiBaseUrl: SETTINGS.openaiBaseUrl.form,
  anthropicApiKey: SETTINGS.anthropicApiKey.form,
  anthropicBaseUrl: SETTINGS.anthropicBaseUrl.form,
  googleApiKey: SETTINGS.googleApiKey.form,
  googleBaseUrl: SETTINGS.googleBaseUrl.form,
  callTimeoutSeconds: SETTINGS.callTimeoutSeconds.form,
  playbook: SETTINGS.playbook.form,
  repoRoots: SETTINGS.repoRoots.form,
  workspace: SETTINGS.workspace.form,
  budgetUsd: SETTINGS.budgetUsd.form,
  workspaceBudgetUsd: SETTINGS.workspaceBudgetUsd.form,
  clarification: SETTINGS.clarification.form,
  questionDeadlineSeconds: SETTINGS.questionDeadlineSeconds.form,
  concurrency: SETTINGS.concurrency.form,
  leaseSeconds: SETTINGS.leaseSeconds.form,
  notifyWebhook: SETTINGS.notifyWebhook.form,
  notifyWebhookSecret: SETTINGS.notifyWebhookSecret.form,
  notifyAllowPrivate: SETTINGS.notifyAllowPrivate.form,
  notifyCommand: SETTINGS.notifyCommand.form,
  publicUrl: SETTINGS.publicUrl.form,
  bus: SETTINGS.bus.form,
  redisUrl: SETTINGS.redisUrl.form,
  busNamespace: SETTINGS.busNamespace.form,
  busPeople: SETTINGS.busPeople.form,
  uploadScan: SETTINGS.uploadScan.form,
  unconfined: SETTINGS.unconfined.form,
  production: SETTINGS.production.form,
  logLevel: SETTINGS.logLevel.form,
})

export type SettingName = keyof typeof SETTINGS

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

const settingNames = Object.keys(SETTINGS) as SettingName[]

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
