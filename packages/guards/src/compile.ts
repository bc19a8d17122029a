import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { RopewalkError } from '@ropewalk/core/errors'
import { findFileInside, listFiles } from './checkout.ts'
import { findDocument } from './documents.ts'
import type { ConfinedResult, GuardInput } from './guard.ts'
import { lacks, makeGuard, notRun } from './make-guard.ts'

const Settings = z.strictObject({
  /** For one batch of files. */
  timeout_ms: z.int().min(100).max(3_600_000).default(120_000),
})

const CHECKER = fileURLToPath(new URL('./compile/check-syntax.mjs', import.meta.url))
const CODE_FILE = /\.(?:js|mjs|cjs)$/u
/** Files a batch; each costs about 40 ms, so a batch stays far below its time limit. */
const BATCH = 200

const Checked = z.strictObject({ file: z.string(), ok: z.boolean(), message: z.string() })

/** The line of Node's message that says what is wrong. */
const getSyntaxMessage = (message: string): string =>
  /^\w*Error.*$/mu.exec(message)?.[0] ?? message.trim().split('\n')[0] ?? ''

const checkBatch = async (
  input: GuardInput,
  dir: string,
  files: readonly string[],
  timeoutMs: number,
): Promise<{ readonly run: ConfinedResult; readonly reasons: string[] }> => {
  const tool = join(input.scratch, 'check-syntax')
  await mkdir(tool, { recursive: true })
  const script = join(tool, 'check-syntax.mjs')
  await copyFile(CHECKER, script)
  const run = await input.runConfined({
    argv: [process.execPath, script],
    cwd: dir,
    mounts: [
      { path: dirname(process.execPath), write: false },
      { path: tool, write: false },
    ],
    stdin: JSON.stringify(files),
    timeoutMs,
    maxOutputBytes: 4 * 1024 * 1024,
  })
  const lines = run.stdout.split('\n').filter((line) => line !== '')
  if (run.exitCode !== 0 || lines.length !== files.length) {
    throw new RopewalkError('INTERNAL', `The syntax check broke off: exit code ${String(run.exitCode)}.`, {
      details: { checked: lines.length, expected: files.length, stderr: run.stderr.slice(0, 500) },
    })
  }
  const checked = lines.map((line) => Checked.parse(JSON.parse(line)))
  return {
    run,
    reasons: checked
      .filter(({ ok }) => !ok)
      .map(({ file, message }) => `${file} does not parse: ${getSyntaxMessage(message)}`),
  }
}

const findJsonProblem = async (dir: string, file: string): Promise<string[]> => {
  try {
    JSON.parse((await readFile(join(dir, file), 'utf8')).replace(/^\uFEFF/u, ''))
    return []
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return [`${file} is not JSON: ${error.message}`]
  }
}

/** Every source file of the judged commit parses, every JSON file too, and what the manifest names exists. */
export const guard = makeGuard({
  name: 'compile',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    if (input.worktree === null) return notRun('No code is judged.')
    const manifest = findDocument(input, 'RepoManifest')
    if (manifest === undefined) return lacks('RepoManifest')
    const { dir } = input.worktree
    const files = await listFiles(dir, ['.git', 'node_modules'])
    const code = files.filter((file) => CODE_FILE.test(file))
    const json = files.filter((file) => file.endsWith('.json'))
    const runs: ConfinedResult[] = []
    const reasons: string[] = []
    for (const path of new Set([manifest.entry, ...manifest.sources]))
      if ((await findFileInside(dir, path)) === undefined)
        reasons.push(`RepoManifest names ${path}, which the commit does not have as a file.`)
    for (let from = 0; from < code.length; from += BATCH) {
      const batch = await checkBatch(input, dir, code.slice(from, from + BATCH), settings.timeout_ms)
      runs.push(batch.run)
      reasons.push(...batch.reasons)
    }
    for (const file of json) reasons.push(...(await findJsonProblem(dir, file)))
    if (code.length === 0) reasons.push('The commit has no source file.')
    const checks = code.length + json.length + 1
    return {
      outcome: reasons.length === 0 ? 'pass' : 'fail',
      score: Math.max(0, 1 - reasons.length / checks),
      severity: reasons.length === 0 ? 'info' : 'critical',
      reasons,
      tool: 'node --check',
      toolVersion: process.version,
      argv: runs[0] === undefined ? null : [...runs[0].argv],
      exitCode: runs[0]?.exitCode ?? null,
      confined:
        runs.length === 0 ? 'not-needed' : runs.every(({ confined }) => confined === 'yes') ? 'yes' : 'no',
      metrics: { files: code.length, json_files: json.length, problems: reasons.length },
    }
  },
})
