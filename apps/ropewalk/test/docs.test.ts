import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ERRORS } from '@ropewalk/core/errors'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { makeProgram } from '../src/cli/program/make-program.ts'
import { makeTerminal } from '../src/cli/terminal.ts'
import { readConfig } from '../src/config.ts'
import { SETTINGS, type SettingName } from '../src/settings/setting-table.ts'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const SKIPPED = new Set(['node_modules', 'coverage', 'fixtures', 'planted'])

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

/** Every Markdown page of ours, by its path from the root. */
const listPages = (folder = ''): string[] =>
  readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const at = path.join(folder, entry.name)
    if (entry.isDirectory()) return SKIPPED.has(entry.name) || entry.name.startsWith('.') ? [] : listPages(at)
    return entry.name.endsWith('.md') ? [at] : []
  })

/** The rows of the table whose head begins with `first`, each as its cells without code marks. */
const readTable = (page: string, first: string): string[][] => {
  const lines = read(page).split('\n')
  const head = lines.findIndex((line) => line.startsWith(`| ${first} `))
  const rows = lines.slice(head + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end < 0 ? undefined : end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/u, '$1')),
  )
}

/** What a program answers with that was given nothing; `none` where a setting stays unset. */
const getDefault = (name: SettingName): string => {
  if (name === 'home') return '~/.ropewalk'
  const parsed = SETTINGS[name].form.safeParse(undefined)
  return parsed.success && parsed.data !== undefined ? String(parsed.data) : 'none'
}

const mayProjectSet = (name: SettingName): boolean => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-docs-'))
  try {
    mkdirSync(path.join(folder, '.ropewalk'))
    writeFileSync(path.join(folder, '.ropewalk', 'config.yaml'), `${name}: null\n`)
    readConfig({ HOME: folder }, { cwd: folder })
    return true
  } catch (error) {
    return !String(error).includes('may not set')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const program = makeProgram(
  makeTerminal({
    argv: [],
    env: {},
    cwd: ROOT,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  }),
  () => undefined,
)

/** What is typed after `ropewalk` in code of a page: a span, a fenced block, or an indented line. */
const listTyped = (text: string): string[] =>
  [...text.matchAll(/(?:^ {4}|^|`)(?:\.\/)?ropewalk ([a-z-][^`\n]*)/gmu)].map(
    ([, typed = '']) => typed.split(' #')[0] ?? '',
  )

/** What is wrong with a command line of a page; undefined when the program would take it. */
const findFault = (typed: string): string | undefined => {
  const words = typed.split(/\s+/u)
  // Those two belong to the launcher.
  if (words[0] === '--exec' || words[0] === '--test') return undefined
  let command: Command = program
  for (const word of words) {
    if (command.commands.length === 0 || !/^[a-z][a-z-]*$/u.test(word)) break
    const next = command.commands.find((each) => each.name() === word)
    if (next === undefined) return `there is no command ${word} in: ropewalk ${typed}`
    command = next
  }
  const known = new Set([...command.options.map(({ long }) => long), '--help'])
  if (command === program) known.add('--version')
  const unknown = words.find((word) => word.startsWith('--') && !known.has(word))
  return unknown === undefined ? undefined : `there is no flag ${unknown} in: ropewalk ${typed}`
}

describe('docs/errors.md', () => {
  it('has a row for each code of the error table and no other, with its status, retry and meaning', () => {
    const rows = readTable('docs/errors.md', 'code')
    expect(rows.map(([code, status, again, about]) => [code, status, again, about])).toEqual(
      Object.entries(ERRORS).map(([code, { status, retryable, about }]) => [
        code,
        String(status),
        retryable ? 'yes' : 'no',
        about,
      ]),
    )
    for (const [code, , , , advice] of rows) expect(advice, code).toMatch(/\S.*[.!]$/u)
  })
})

describe('docs/configuration.md', () => {
  it('has a row for each setting and no other, with its names, default, meaning and reach', () => {
    const names = Object.keys(SETTINGS) as SettingName[]
    expect(readTable('docs/configuration.md', 'environment')).toEqual(
      names.map((name) => [
        SETTINGS[name].env,
        name,
        getDefault(name),
        SETTINGS[name].about,
        mayProjectSet(name) ? 'yes' : 'no',
      ]),
    )
  })
})

const pages = listPages()
/** What `find` finds wrong, with the page it is on. */
const listFaults = (find: (text: string, page: string) => readonly string[]): string[] =>
  pages.flatMap((page) => find(read(page), page).map((fault) => `${page}: ${fault}`))

/** What tests read of the environment. */
const listTestSettings = (): string[] =>
  globSync('apps/*/test/**/*.ts', { cwd: ROOT }).flatMap((file) =>
    [...read(file).matchAll(/process\.env\['(ROPEWALK_TEST_[A-Z]+)'\]/gu)].map(([, name = '']) => name),
  )

describe('the pages', () => {
  it('link only to files that are there', () => {
    expect(pages).toContain('README.md')
    const isLost = (link: string, page: string): boolean =>
      !/^[a-z]+:|^#/u.test(link) &&
      !existsSync(path.resolve(ROOT, path.dirname(page), link.split('#')[0] ?? ''))
    const faults = listFaults((text, page) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/gu)]
        .map(([, link = '']) => link)
        .filter((link) => isLost(link, page)),
    )
    expect(faults).toEqual([])
  })

  it('name only commands and flags that the program has', () => {
    expect(listFaults((text) => listTyped(text).flatMap((typed) => findFault(typed) ?? []))).toEqual([])
  })

  it('name only settings that there are', () => {
    const known = new Set<string>([...Object.values(SETTINGS).map(({ env }) => env), ...listTestSettings()])
    const faults = listFaults((text) =>
      [...text.matchAll(/\bROPEWALK_[A-Z_]*[A-Z]\b/gu)]
        .map(([name]) => name)
        .filter((name) => !known.has(name)),
    )
    expect(faults).toEqual([])
  })
})

describe('the check of command lines', () => {
  it('finds commands and flags that are not there', () => {
    const text =
      'Try `./ropewalk runs paint last` or:\n\n    ./ropewalk up --fast   # quick\n\n`ropewalk cost`'
    expect(listTyped(text).map(findFault)).toEqual([
      'there is no command paint in: ropewalk runs paint last',
      expect.stringContaining('there is no flag --fast in: ropewalk up --fast'),
      undefined,
    ])
  })
})
