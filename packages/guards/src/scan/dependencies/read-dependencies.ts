import { listSourceTexts, type Unread } from '../source-texts.ts'
import { analyseApart } from '../apart/analyse-apart.ts'
import { DependencyFile, type Locked, type Manifest } from './facts.ts'

const ANALYSIS = new URL('../apart/dependencies-analysis.ts', import.meta.url)

const READ = /(?:^|\/)(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock)$/u
/** Dependencies of other makers: their own scanners read them, we do not. */
const OTHER =
  /(?:^|\/)(?:bun\.lockb?|deno\.lock|requirements[\w.-]{0,60}\.txt|Pipfile\.lock|poetry\.lock|uv\.lock|go\.mod|Cargo\.lock|Gemfile\.lock|composer\.lock|pom\.xml|build\.gradle(?:\.kts)?|packages\.lock\.json|mix\.lock)$/u

/** Lock files of large projects are large; generated, they are read and never parsed as code. */
const LIMITS = { fileBytes: 16 * 1024 ** 2, totalBytes: 64 * 1024 ** 2, files: 400 }

export type Dependencies = {
  readonly manifests: ReadonlyMap<string, Manifest>
  readonly locks: ReadonlyMap<string, readonly Locked[]>
  /** Files that name dependencies and are not read here. */
  readonly others: readonly string[]
  readonly unread: Unread
}

/** What package.json and lock files anywhere in the checkout say. */
export const readDependencies = async (dir: string | null): Promise<Dependencies> => {
  const { sources, unread } = await listSourceTexts(dir, (file) => READ.test(file), LIMITS)
  const others = await listSourceTexts(dir, (file) => OTHER.test(file), LIMITS)
  const found = await analyseApart(ANALYSIS, sources)
  const manifests = new Map<string, Manifest>()
  const locks = new Map<string, readonly Locked[]>()
  const broken: { file: string; reason: string }[] = []
  for (const [file, data] of found.data) {
    const parsed = DependencyFile.safeParse(data)
    if (!parsed.success)
      broken.push({ file, reason: parsed.error.issues[0]?.message ?? 'it has another shape' })
    else if (parsed.data.kind === 'manifest') manifests.set(file, parsed.data)
    else locks.set(file, parsed.data.packages)
  }
  return {
    manifests,
    locks,
    others: [...others.sources.map(({ name }) => name), ...others.unread.map(({ file }) => file)],
    unread: [...unread, ...found.unread, ...broken],
  }
}
