import { DossierManifest } from '@ropewalk/core/dossier/manifest'
import { beforeAll, describe, expect, test } from 'vitest'
import { renderOneFile, writeOneMarkdown } from '../../src/engine/dossier/page/one-file.ts'
import type { RunRecord } from '../../src/engine/dossier/run-record.ts'
import type { DossierFile } from '../../src/engine/dossier/write-folder.ts'
import { makeDossierFiles, mapStrings, readPage, readRecord } from './support.ts'

/** What would be markup, a way out of an attribute, Markdown, a template or a turn of the writing direction. */
const HOSTILE = `</title></style></pre><script>alert(1)</script><img src=x onerror=alert(2)>" onload="alert(3)' x='
<!-- {{7*7}} [click](javascript:alert(4)) ![](http://evil.test/x) | \`\`\` ~~~ # \u202e\u0007`

/** Names that the dossier looks things up by; their contracts let nothing hostile in. */
const KEYS = new Set([
  'id', 'artifactId', 'digest', 'runId', 'workspaceId', 'phase', 'name', 'mediaType', 'commit', 'revision', 'before_revision',
  'createdAt', 'at', 'startedAt', 'endedAt', 'completedAt', 'status', 'outcome', 'kind', 'verdict', 'guard', 'rubric', 'taskId',
  'inputDigests', 'outputDigests', 'inputArtifactIds', 'type', 'severity', 'acceptedCommit', 'packId', 'artifact', 'artifacts',
  'cites', 'requirements', 'requirementId', 'priority', 'section', 'decidedKind', 'expiresAt', 'moment', 'bomFormat', 'specVersion',
  'confined', 'category', 'body', 'hash', 'planHash', 'strategy', 'operator', 'needs', 'waiverId', 'expires_at', 'rubrics', 'dependencies',
  'guards', 'kmap_refs', 'path', 'stories', 'digest', 'controls', 'component', 'stride', 'residual_risk', 'legal_basis', 'right',
  'standard', 'version', 'from', 'scanner', 'part', 'scope', 'openapi', 'started_at', 'notation', 'stream', 'dossier',
]) // prettier-ignore

/** The record with something hostile at the end of every text that anybody wrote. */
const poison = (record: RunRecord): RunRecord => {
  const change = (text: string, key: string) => (KEYS.has(key) ? text : `${text.slice(0, 60)}${HOSTILE}`)
  const { contents, ledger, ...rest } = record
  const poisoned = mapStrings({ ...rest, contents: [...contents] }, change) as Omit<RunRecord, 'contents'> & {
    readonly contents: readonly [string, unknown][]
  }
  // Ids of the contents stand in a list, without a name of their own.
  const ids = [...contents.keys()]
  return {
    ...poisoned,
    ledger,
    contents: new Map(poisoned.contents.map(([, value], index) => [ids[index] ?? '', value])),
  }
}

const TAGS = new Set(
  (
    'html head meta title style body a main header div nav section article p h1 h2 h3 h4 ul ol li span strong code pre ' +
    'table caption thead tbody tr th td details summary dl dt dd figure figcaption img'
  ).split(' '),
)
const ATTRIBUTES = new Set(
  'lang charset name content http-equiv class href id src alt width height tabindex role scope style aria-label aria-labelledby aria-hidden'.split(
    ' ',
  ),
)

/** Every tag of a page with the names of its attributes: in escaped text there is no `<` at all. */
const listForeign = (page: string): string[] => {
  const body = page.replace(/<style>[^<]*<\/style>/u, '').replace(/^<!doctype html>/u, '')
  return [...body.matchAll(/<([^>]*)>?/gu)].flatMap(([whole, inner = '']) => {
    const parsed = /^\/?([a-z0-9]+)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*\/?$/u.exec(inner)
    if (parsed === null || !TAGS.has(parsed[1] ?? '')) return [whole.slice(0, 80)]
    const names = [...(parsed[2] ?? '').matchAll(/\s([a-z-]+)(?:="[^"]*")?/gu)].map(([, name]) => name ?? '')
    return names.filter((name) => !ATTRIBUTES.has(name)).map((name) => `${name} of ${whole.slice(0, 80)}`)
  })
}

describe('hostile texts in every field', () => {
  let files: Map<string, DossierFile>
  const getText = (name: string) => files.get(name)?.bytes.toString('utf8') ?? ''
  const read = (name: string) => files.get(name)?.bytes ?? Buffer.of()

  beforeAll(async () => {
    files = new Map((await makeDossierFiles(poison(readRecord()))).map((file) => [file.path, file]))
  })

  test('never become markup of a page', () => {
    const pages = [...files.keys()].filter((name) => name.endsWith('.html'))
    expect(pages.length).toBeGreaterThan(60)
    expect(getText('index.html')).toContain('&#60;script&#62;alert(1)')
    for (const name of pages) expect([name, listForeign(getText(name)).slice(0, 3)]).toEqual([name, []])
  })

  test('never become markup of the one file, whose links all stay in it', () => {
    const manifest = DossierManifest.parse(JSON.parse(getText('dossier.json')))
    const page = renderOneFile(manifest, read)
    expect(listForeign(page).slice(0, 3)).toEqual([])
    const { ids, links, pictures } = readPage(page)
    expect(new Set(ids).size).toBe(ids.length)
    expect(links.filter((link) => !link.startsWith('#') || !ids.includes(link.slice(1)))).toEqual([])
    expect(pictures.every((source) => source.startsWith('data:image/png;base64,'))).toBe(true)
  })

  test('never become HTML or links of Markdown', () => {
    const manifest = DossierManifest.parse(JSON.parse(getText('dossier.json')))
    const texts = [
      writeOneMarkdown(manifest, read),
      ...[...files.keys()].filter((name) => name.endsWith('.md')).map(getText),
    ]
    for (const text of texts) {
      // What stands between fences is code; a fence is longer than any run of backticks in it.
      const prose = text.replaceAll(/^(`{3,})[a-z0-9+-]*\n[\s\S]*?\n\1$/gmu, '').replaceAll('<!-- -->', '')
      expect(prose).not.toMatch(/<[a-z!/]/iu)
      expect(prose).not.toMatch(/(?<!\\)\]\(/u)
    }
  })
})
