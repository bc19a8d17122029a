import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { cp, mkdir, realpath, rm } from 'node:fs/promises'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import type { ConfinedResult, GuardInput } from '../guard.ts'
import type { Judgement } from '../make-guard.ts'

/** Enough to tell why a suite failed. */
const MAX_OUTPUT_BYTES = 256 * 1024

/** A project's own way to run its tests, by a runner that is not Node's. */
export type ForeignTests = { readonly argv: readonly [string, ...string[]]; readonly runner: string }

/**
 * The project's own test command where another runner than Node's runs its tests; undefined where ours can.
 * It is taken from what the engine read of the repository, never from what an agent handed in.
 */
export const findForeignTests = (
  context: DocumentOf<'RepoContext'> | undefined,
): ForeignTests | undefined => {
  const [program, ...rest] = context?.commands.test?.argv ?? []
  const runner = context?.test_runner ?? 'its own command'
  return program === undefined || runner === 'node:test' ? undefined : { argv: [program, ...rest], runner }
}

const runOnce = async (
  input: GuardInput,
  dir: string,
  { argv }: ForeignTests,
  timeoutMs: number,
): Promise<ConfinedResult> => {
  // A copy: what a suite writes is no part of the commit, and the next check has a clean checkout.
  const base = join(await realpath(input.scratch), `suite-${randomBytes(8).toString('hex')}`)
  const root = join(base, 'checkout')
  await mkdir(base, { recursive: true, mode: 0o700 })
  await cp(dir, root, { recursive: true, verbatimSymlinks: true })
  try {
    return await input.runConfined({ argv, cwd: root, timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES })
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}

const getEnd = ({ timedOut, exitCode, signal, durationMs }: ConfinedResult): string =>
  timedOut
    ? `did not end within its time limit (${Math.round(durationMs)} ms)`
    : exitCode === null
      ? `was ended by ${signal ?? 'a signal'}`
      : `ended with exit code ${exitCode}`

/** Exit codes of a shell's world: what was to be run is not on this machine. */
const NOT_THERE = new Set([126, 127])

/**
 * Runs the tests of a project by its own command. Its exit code alone is believed, so that it can fail a gate;
 * what it prints anybody could print, so that it verifies no requirement.
 */
export const judgeForeignTests = async (
  input: GuardInput,
  dir: string,
  foreign: ForeignTests,
  timeoutMs: number,
): Promise<Judgement> => {
  const run = await runOnce(input, dir, foreign, timeoutMs)
  const facts = {
    tool: foreign.runner.slice(0, 120),
    toolVersion: 'as installed',
    argv: [...run.argv],
    exitCode: run.exitCode,
    confined: run.confined,
  }
  const line = foreign.argv.join(' ')
  const unsealed = `${foreign.runner} gives no report that can be sealed: its exit code counts, and no requirement is verified by it.`
  if (run.exitCode !== null && NOT_THERE.has(run.exitCode))
    return {
      outcome: 'not-run',
      score: 0,
      reasons: [
        `${line} ${getEnd(run)}: the program is not on this machine, or not in the sandbox.`,
        unsealed,
      ],
      ...facts,
    }
  const isGood = run.exitCode === 0 && !run.timedOut
  const tail = `${run.stdout}\n${run.stderr}`.trim().slice(-600)
  return {
    outcome: isGood ? 'pass' : 'fail',
    score: isGood ? 1 : 0,
    severity: isGood ? 'info' : 'critical',
    reasons: isGood ? [unsealed] : [`${line} ${getEnd(run)}. It said: ${tail}`, unsealed],
    ...facts,
    metrics: { duration_ms: Math.round(run.durationMs) },
    requirements: [],
  }
}
