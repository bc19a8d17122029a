import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../run-command.ts'
import type { PlantedBug } from './planted-bug.ts'

/** What became of a bug's test; a title with a table stands for several. */
export type NamedTests = {
  readonly passed: number
  readonly failed: number
  /** The first line of the first failure, so that a reader sees that it is red for this bug. */
  readonly complaint: string
  /** The end of what was said, for when nothing ran. */
  readonly trouble: string
}

type Report = {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

/** All of them at once, before any bug is planted, take the longest. */
const TIMEOUT_MS = 240_000

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')

/** Runs the tests that bugs name, and no others, in `folder`; tells of each bug's own. */
export const runNamedTests = async (
  folder: string,
  bugs: readonly PlantedBug[],
): Promise<(bug: PlantedBug) => NamedTests> => {
  const report = join(folder, 'planted-report.json')
  await rm(report, { force: true })
  const { output } = await runCommand(
    [
      join('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...new Set(bugs.map(({ file }) => file)),
      '--testNamePattern',
      bugs.map(({ title }) => escape(title)).join('|'),
      '--reporter=json',
      `--outputFile=${report}`,
    ],
    { cwd: folder, env: process.env, timeoutMs: TIMEOUT_MS, show: false },
  )
  const trouble = output.trim().slice(-300)
  const files = existsSync(report) ? (JSON.parse(await readFile(report, 'utf8')) as Report).testResults : []
  return ({ file, title }) => {
    const own = files
      .filter(({ name }) => name.endsWith(`/${file}`))
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ fullName }) => fullName.includes(title))
    const count = (status: string) => own.filter((one) => one.status === status).length
    const complaint = own.flatMap(({ failureMessages }) => failureMessages)[0]?.split('\n')[0] ?? ''
    return { passed: count('passed'), failed: count('failed'), complaint, trouble }
  }
}
