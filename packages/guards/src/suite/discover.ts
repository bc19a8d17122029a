import type { RepoManifest } from '@ropewalk/core/contract/documents'
import { findFileInside, listFiles } from '../checkout.ts'

const TEST_FILE = /^test\/(?:.*\/)?[^/]+\.test\.(?:js|mjs|cjs)$/u
const CODE_FILE = /\.(?:js|mjs|cjs|ts|mts|cts)$/u

export type Discovered = {
  /** Test files to run, sorted. */
  readonly tests: readonly string[]
  /** Source files the tests are about, sorted. */
  readonly sources: readonly string[]
  /** Files the manifest names that the commit does not have. */
  readonly missing: readonly string[]
}

/**
 * What to run and what it is about, by our own rule: tests are all `*.test.{js,mjs,cjs}` below `test/` and those of
 * the manifest, sources those of the manifest, its entry, and all code under `src/` and `lib/`. A manifest can add
 * to either, never take away.
 */
export const discover = async (root: string, manifest: RepoManifest): Promise<Discovered> => {
  const files = await listFiles(root, ['.git', 'node_modules'])
  const missing: string[] = []
  const locate = async (paths: readonly string[]) => {
    const found: string[] = []
    for (const path of paths) {
      const file = await findFileInside(root, path)
      if (file === undefined) missing.push(path)
      else found.push(file)
    }
    return found
  }
  const tests = new Set([...files.filter((file) => TEST_FILE.test(file)), ...(await locate(manifest.tests))])
  const named = await locate([manifest.entry, ...manifest.sources])
  const ofTree = files.filter((file) => /^(?:src|lib)\//u.test(file) && CODE_FILE.test(file))
  const sources = new Set(
    [...named, ...ofTree].filter((file) => !tests.has(file) && !file.startsWith('test/')),
  )
  return { tests: [...tests].toSorted(), sources: [...sources].toSorted(), missing: [...new Set(missing)] }
}
