import { WorkspaceId } from '@ropewalk/core/ids'
import { z } from 'zod'
import {
  argv,
  flag,
  folders,
  httpUrl,
  models,
  retention,
  sources,
  usd,
  webhookSecret,
  words,
} from './setting-forms.ts'

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
  authJwksUrl: {
    env: 'AUTH_JWKS_URL',
    form: httpUrl.optional(),
    about: 'Public keys of an issuer of your own, whose tokens are taken beside those issued here.',
  },
  authIssuer: {
    env: 'AUTH_ISSUER',
    form: z.string().min(1).max(400).optional(),
    about: 'What that issuer calls itself in its tokens; needed with its keys.',
  },
  authAudience: {
    env: 'AUTH_AUDIENCE',
    form: z.string().min(1).max(400).default('ropewalk'),
    about: 'For whom a token must be made out.',
  },
  token: {
    env: 'ROPEWALK_TOKEN',
    form: z
      .string()
      .regex(/^[\x21-\x7e]{16,4096}$/u, 'expected a token as it was issued')
      .optional(),
    about: 'Whom ./ropewalk mcp speaks for: a token that was issued. The owner of the home without it.',
  },
  trustedProxies: {
    env: 'ROPEWALK_TRUSTED_PROXIES',
    form: sources.optional(),
    about:
      'Addresses of proxies that have checked who calls and say so in headers, separated by commas. Nobody is believed without it.',
  },
  tokenRequestsPerSecond: {
    env: 'ROPEWALK_TOKEN_REQUESTS',
    form: z.coerce.number().int().min(1).max(100_000).default(200),
    about: 'Requests that one issued token may make in a second.',
  },
  threadMessagesPerMinute: {
    env: 'ROPEWALK_THREAD_MESSAGES',
    form: z.coerce.number().int().min(1).max(1_000_000).default(120),
    about: 'Messages that one agent may post in a minute to one thread.',
  },
  threadTurns: {
    env: 'ROPEWALK_THREAD_TURNS',
    form: z.coerce.number().int().min(1).max(100_000).default(20),
    about: 'Messages of agents without progress after which a thread is blocked until somebody looks at it.',
  },
  threadSameFindings: {
    env: 'ROPEWALK_THREAD_SAME_FINDINGS',
    form: z.coerce.number().int().min(1).max(1000).default(3),
    about: 'Reports of one finding after which a thread is blocked until somebody looks at it.',
  },
  retentionMode: {
    env: 'RETENTION_MODE',
    form: retention.default('permanent'),
    about:
      'How long messages are kept where the workspace has no rule of its own: permanent, or days such as 90d.',
  },
  redaction: {
    env: 'ROPEWALK_REDACTION',
    form: flag.default(false),
    about: 'Mask what looks like a secret in messages, where the workspace has no rule of its own.',
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

export type SettingName = keyof typeof SETTINGS
