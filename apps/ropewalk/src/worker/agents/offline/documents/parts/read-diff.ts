import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import type { AgentJob } from '../../../../agent-runtime.ts'
import { importBundle } from '../../../../git/bundle.ts'
import { runGit } from '../../../../git/run-git.ts'

/** The tree without files; every repository of git knows it. Source: git-hash-object(1) of an empty tree. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
/** More than a reviewer reads; a larger change is cut and the review says so. */
const MAX_DIFF_BYTES = 8 * 1024 ** 2

export type AddedLine = { readonly path: string; readonly line: number; readonly text: string }

const readBundleDiff = async (job: AgentJob, bytes: Buffer, commit: string): Promise<string> => {
  const gitDir = await mkdtemp(path.join(job.scratch, 'review-'))
  await runGit({ gitDir, args: ['init', '--bare', '--quiet', '--template=', gitDir] })
  await importBundle(gitDir, bytes, commit)
  const base = job.context.acceptedCommit
  const known =
    base !== null &&
    (await runGit({ gitDir, args: ['cat-file', '-e', `${base}^{commit}`], okCodes: [1, 128] })).code === 0
  const args = [
    'diff',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '-U0',
    known ? base : EMPTY_TREE,
    commit,
  ]
  return (await runGit({ gitDir, args, maxBytes: MAX_DIFF_BYTES })).stdout.toString('utf8')
}

/**
 * The change under review: the diff that the job was given, else the one between the commit that the last gate
 * accepted and the commit of the code. Undefined where the job holds neither.
 */
export const readDiff = async (job: AgentJob): Promise<string | undefined> => {
  const given = job.inputs.find(({ ref }) => /\bdiff\b/u.test(ref.artifact.mediaType))
  if (given !== undefined) return given.bytes.toString('utf8')
  const code = job.inputs.find(({ ref }) => ref.name === 'SourceCode')
  if (code === undefined) return undefined
  const { commit } = code.ref.artifact
  return commit === null ? undefined : readBundleDiff(job, code.bytes, commit)
}

/** The lines that a unified diff adds, with their place in the new file. */
export const listAddedLines = (diff: string): readonly AddedLine[] => {
  const added: AddedLine[] = []
  let file = ''
  let line = 0
  for (const text of diff.split('\n')) {
    const [, target] = /^\+\+\+ (?:b\/)?([^\t\r]+)/u.exec(text) ?? []
    const [, start] = /^@@ -\d+(?:,\d+)? \+(\d+)/u.exec(text) ?? []
    if (target !== undefined && line === 0) file = target
    else if (start !== undefined) line = Number(start)
    else if (text.startsWith('diff --git ')) line = 0
    else if (line > 0 && text.startsWith('+')) {
      added.push({ path: file, line, text: text.slice(1) })
      line += 1
    } else if (line > 0 && text.startsWith(' ')) line += 1
  }
  return added
}
