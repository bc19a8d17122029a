import type { RepoContext } from '@ropewalk/core/contract/documents/repo-context'
import type { CommitFiles } from '../read-commit.ts'

/** What is quoted of one text. More is in the repository, where agents with a checkout read it. */
const MAX_LINES = 120
const MAX_CHARS = 6000

const QUOTED = [
  /^readme(?:\.(?:md|txt|rst|adoc))?$/iu,
  /^contributing(?:\.(?:md|txt|rst|adoc))?$/iu,
  /^(?:docs?|\.github)\/(?:readme|contributing)\.md$/iu,
  /^changelog\.md$/iu,
]

/** Fewer lines of a change log: only what came last says where the project stands. */
const CHANGELOG = /changelog/iu
const CHANGELOG_LINES = 30

const cutLines = (text: string, maxLines: number): string[] => {
  const kept: string[] = []
  let chars = 0
  for (const line of text.split('\n').slice(0, maxLines)) {
    chars += line.length + 1
    if (chars > MAX_CHARS) break
    kept.push(line)
  }
  while (kept.length > 0 && (kept.at(-1) ?? '').trim() === '') kept.pop()
  return kept
}

/** The beginnings of README, CONTRIBUTING and change log, with their lines, so that claims can cite them. */
export const findExcerpts = async (files: CommitFiles): Promise<RepoContext['excerpts']> => {
  const found: RepoContext['excerpts'] = []
  const paths = QUOTED.flatMap((pattern) => files.entries.filter((entry) => pattern.test(entry.path)))
  for (const { path } of paths.slice(0, 12)) {
    const text = await files.readText(path)
    const lines = cutLines(text ?? '', CHANGELOG.test(path) ? CHANGELOG_LINES : MAX_LINES)
    if (lines.length === 0) continue
    found.push({ path, from_line: 1, to_line: lines.length, text: lines.join('\n').toWellFormed() })
  }
  return found
}

const TEST =
  /(?:^|\/)(?:__tests__|tests?|spec|specs)\/.*\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|kt|php|cs|swift|c|cc|cpp|sh)$|(?:^|\/)[^/]+[._-](?:test|spec)\.(?:[cm]?[jt]sx?|rb)$|(?:^|\/)(?:test_[^/]+|[^/]+_test)\.(?:py|go|rb)$|(?:^|\/)[^/]+(?:Test|Tests|Spec)\.(?:java|kt|cs|php|swift)$/u
const NO_TEST = /(?:^|\/)(?:fixtures?|testdata|support|helpers?|__snapshots__|node_modules|vendor)\//u

/** Files that hold tests, by the names that test runners look for. */
export const isTestFile = (path: string): boolean => TEST.test(path) && !NO_TEST.test(path)

const LANGUAGES: Readonly<Record<string, string>> = {
  js: 'JavaScript',
  mjs: 'JavaScript',
  cjs: 'JavaScript',
  jsx: 'JavaScript',
  ts: 'TypeScript',
  mts: 'TypeScript',
  cts: 'TypeScript',
  tsx: 'TypeScript',
  py: 'Python',
  rs: 'Rust',
  go: 'Go',
  java: 'Java',
  kt: 'Kotlin',
  rb: 'Ruby',
  php: 'PHP',
  cs: 'C#',
  swift: 'Swift',
  c: 'C',
  h: 'C',
  cc: 'C++',
  cpp: 'C++',
  hpp: 'C++',
  scala: 'Scala',
  ex: 'Elixir',
  exs: 'Elixir',
  sh: 'Shell',
  sql: 'SQL',
  vue: 'Vue',
  svelte: 'Svelte',
  html: 'HTML',
  css: 'CSS',
  scss: 'CSS',
  dart: 'Dart',
  lua: 'Lua',
}

const VENDORED = /(?:^|\/)(?:node_modules|vendor|dist|build|target|\.venv|third_party)\//u

const getExtension = (path: string): string => /\.([A-Za-z0-9]+)$/u.exec(path)?.[1]?.toLowerCase() ?? ''

/** Files of code by language, the largest share of bytes first. */
export const listLanguages = (files: CommitFiles): RepoContext['languages'] => {
  const sums = new Map<string, { files: number; bytes: number }>()
  for (const { path, bytes } of files.entries) {
    const name = LANGUAGES[getExtension(path)]
    if (name === undefined || VENDORED.test(path)) continue
    const sum = sums.get(name) ?? { files: 0, bytes: 0 }
    sums.set(name, { files: sum.files + 1, bytes: sum.bytes + bytes })
  }
  const all = [...sums.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  return [...sums]
    .toSorted(([a, one], [b, other]) => other.bytes - one.bytes || (a < b ? -1 : 1))
    .slice(0, 12)
    .map(([name, sum]) => ({
      name,
      files: sum.files,
      share: all === 0 ? 0 : Math.round((100 * sum.bytes) / all) / 100,
    }))
}

/** Whether a path is code that a program is made of, by its name. */
export const isCodeFile = (path: string): boolean => {
  const language = LANGUAGES[getExtension(path)]
  return language !== undefined && !['HTML', 'CSS', 'SQL'].includes(language) && !VENDORED.test(path)
}

const ADR = /(?:^|\/)(?:adrs?|decisions|architecture-decisions)\/[^/]+\.(?:md|adoc)$/iu
const OPENAPI = /(?:^|\/)(?:openapi|swagger)[^/]*\.(?:ya?ml|json)$/iu
const DOCUMENT = /^docs?\/.*\.(?:md|rst|adoc|txt)$/iu

/** Descriptions of what the project is to do, beside those of an earlier run of ours. */
export const listSpecs = (files: CommitFiles): RepoContext['specs'] =>
  files.entries.flatMap(({ path }) => {
    if (path.startsWith('.ropewalk/')) return []
    const kind = OPENAPI.test(path)
      ? 'openapi'
      : ADR.test(path)
        ? 'decision'
        : DOCUMENT.test(path)
          ? 'document'
          : null
    return kind === null ? [] : [{ path, kind, document: null } as const]
  })
