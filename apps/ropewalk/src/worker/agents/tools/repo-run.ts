import { RopewalkError } from '@ropewalk/core/errors'
import type { ConfinedResult } from '@ropewalk/guards/guard'
import { z } from 'zod'
import { makeRedactor } from '../../../secrets/secrets.ts'
import { getWorktree } from './get-worktree.ts'
import { makeTool } from './tool.ts'

/** Programs an agent may start. No shell: what it says would be a program of its own, and argv is all we can check. */
const PROGRAMS: ReadonlySet<string> = new Set([
  'node',
  'ls',
  'cat',
  'head',
  'tail',
  'wc',
  'find',
  'grep',
  'diff',
  'mkdir',
  'rm',
  'mv',
  'cp',
])

/** A test run of a small service takes seconds; a command that hangs must not take the attempt's time. */
const TIMEOUT_MS = 120_000
const MAX_OUTPUT_BYTES = 30_000

export const repoRun = makeTool({
  id: 'repo.run',
  version: '1.0.0',
  description: `Runs a command in the root of the repository, in a sandbox without network: argv only, no shell, 120 s. Programs: ${[...PROGRAMS].join(', ')}. Run the tests with ["node","--test"].`,
  input: z.strictObject({ argv: z.array(z.string().max(2000)).min(1).max(60) }),
  run: async ({ argv: [program = '', ...rest] }, context) => {
    if (!PROGRAMS.has(program))
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        `${program.slice(0, 60)} is not among the programs: ${[...PROGRAMS].join(', ')}.`,
      )
    const redact = makeRedactor(Object.values(context.secrets))
    const result = await context.job.runConfined({
      argv: [program === 'node' ? process.execPath : program, ...rest],
      cwd: getWorktree(context),
      env: getGrantedEnv(context.secrets),
      timeoutMs: TIMEOUT_MS,
      maxOutputBytes: MAX_OUTPUT_BYTES,
    })
    context.job.log(
      'note',
      redact(`ran ${[program, ...rest].join(' ').slice(0, 300)}: ${describeEnd(result)}`),
    )
    return redact(
      [describeEnd(result), result.stdout, result.stderr].filter((part) => part !== '').join('\n'),
    )
  },
})

/** How a command ended, in a few words. */
export const describeEnd = (result: ConfinedResult): string => {
  const how = result.timedOut
    ? `stopped after ${String(TIMEOUT_MS)} ms`
    : result.exitCode === null
      ? `ended by ${result.signal ?? 'a signal'}`
      : `exit code ${String(result.exitCode)}`
  return `${how}, ${String(result.durationMs)} ms${result.truncated ? ', output cut' : ''}`
}

/** Secrets' names may hold dots and dashes, names of variables may not. */
const getGrantedEnv = (secrets: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name.replaceAll(/[.-]/gu, '_'), value]))
