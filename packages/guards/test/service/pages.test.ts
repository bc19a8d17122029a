import { describe, expect, test } from 'vitest'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { getChangedShare, getSize, isBlank } from '../../src/service/pictures.ts'
import type { ToolFile } from '../../src/tool.ts'
import { findGuard } from '../../src/registry.ts'
import { makeArtifact, makeFolder, runGuard, runSpawned } from '../support.ts'
import { COMMIT, COMMIT_BEFORE, hasBrowser, MANIFEST, PAGE, runTool, writeNotes } from './support.ts'

const withBody = (body: string): string => PAGE.replace(/<main>.*<\/main>/u, `<main>${body}</main>`)
const open = `'content-security-policy': ''`

const judgeAudit = (document: DocumentOf<'A11yAudit'>, settings = {}) =>
  runGuard('measurements', { judged: { A11yAudit: document }, dir: '/', settings })

/** The visual guard with the pictures beside the document, as artifacts are. */
const judgeVisual = (
  document: DocumentOf<'VisualAssets'>,
  files: readonly ToolFile[],
  settings: Readonly<Record<string, never>> = {},
) =>
  findGuard('visual')?.run({
    use: { guard: 'visual', artifacts: ['VisualAssets', 'SourceCode'], rubric: 'visual', settings },
    judged: [makeArtifact('VisualAssets', document)],
    others: files.map(({ name, mediaType, bytes }) => {
      const { artifact } = makeArtifact(name, '')
      return { artifact: { ...artifact, mediaType }, bytes: Buffer.from(bytes) }
    }),
    worktree: { dir: '/', commit: COMMIT },
    scratch: makeFolder(),
    runConfined: runSpawned,
    now: () => '2026-01-31T12:00:00.000Z',
  })

describe.each(['accessibility', 'screenshots'] as const)('%s', (tool) => {
  const output = tool === 'accessibility' ? 'A11yAudit' : 'VisualAssets'

  test('does not run without Chromium or without a service, and says so', async () => {
    const { document } = await runTool(tool, output, { settings: { browser: '/nowhere/chromium' } })
    expect(document).toMatchObject({
      outcome: 'not-run',
      reason: expect.stringContaining('/nowhere/chromium'),
    })
    const tools = { ...MANIFEST, kind: 'tool', start: null, port_env: null }
    const none = await runTool(tool, output, { inputs: { RepoManifest: tools } })
    expect(none.document.outcome).toBe('not-run')
  })

  test('does not run with a Chromium that does not start', async () => {
    const { document } = await runTool(tool, output, { settings: { browser: '/bin/false' } })
    expect(document).toMatchObject({
      outcome: 'not-run',
      reason: expect.stringContaining('does not start here'),
    })
  })
})

describe.skipIf(!hasBrowser)('accessibility in Chromium', () => {
  test('sees what people see on a page that looks out for measurements', async () => {
    const page = withBody('<img src="data:,">')
    const { document } = await runTool('accessibility', 'A11yAudit', {
      main: writeNotes({
        page,
        onRequest: `if (/headless/i.test(JSON.stringify(request.headers))) return send(200, ${JSON.stringify(PAGE)})`,
      }),
    })
    expect((await judgeAudit(document)).outcome).toBe('fail')
    const script = await runTool('accessibility', 'A11yAudit', {
      main: writeNotes({
        page: page.replace(
          '</main>',
          `</main><script>if (navigator.webdriver) document.querySelector('img').alt = 'fine'</script>`,
        ),
        pageHeaders: open,
      }),
    })
    expect((await judgeAudit(script.document)).outcome).toBe('fail')
  })

  test('finds nothing on a page that minds its readers', async () => {
    const { document } = await runTool('accessibility', 'A11yAudit')
    expect(document).toMatchObject({ standard: 'WCAG 2.2 AA', violations: 0, reason: null, tool: 'axe-core' })
    expect(document.pages[0]?.passes).toBeGreaterThan(0)
    expect((await judgeAudit(document)).outcome).toBe('pass')
  })

  test('tells rule, impact and place of what shuts readers out', async () => {
    const page = withBody('<img src="data:,"><p style="color:#aaa;background:#fff">pale</p><input id="name">')
    const { document } = await runTool('accessibility', 'A11yAudit', {
      main: writeNotes({ page, pageHeaders: open }),
    })
    const found = document.pages[0]?.violations.map(({ rule, impact }) => `${rule} ${impact}`) ?? []
    expect(found).toEqual(
      expect.arrayContaining(['image-alt critical', 'color-contrast serious', 'label critical']),
    )
    expect(document.pages[0]?.violations.find(({ rule }) => rule === 'label')?.nodes.join()).toMatch(/#name/u)
    const findings = await judgeAudit(document)
    expect(findings.outcome).toBe('fail')
    expect(findings.reasons.join()).toMatch(/image-alt \(critical\)/u)
    expect((await judgeAudit({ ...document, violations: 0 })).reasons.join()).toMatch(
      /not that of its violations/u,
    )
  })

  test('is not talked out of it by the scripts of the page', async () => {
    const script = `<script>
      Object.defineProperty(window, 'axe', { value: { run: async () => ({ violations: [], incomplete: [], passes: [1] }) }, writable: false })
      Array.prototype.map = () => []
      JSON.stringify = () => '{}'
    </script><img src="data:,">`
    const { document } = await runTool('accessibility', 'A11yAudit', {
      main: writeNotes({ page: withBody(script), pageHeaders: open }),
    })
    expect(document.pages[0]?.violations.map(({ rule }) => rule)).toContain('image-alt')
  })

  test('does not run for an API without pages, and fails for a page that is broken', async () => {
    const api = await runTool('accessibility', 'A11yAudit', {
      main: writeNotes({ onRequest: `if (url === '/') return send(404, { error: 'no page' })` }),
    })
    expect(api.document).toMatchObject({ outcome: 'not-run', reason: expect.stringContaining('no page') })
    const broken = await runTool('accessibility', 'A11yAudit', {
      main: writeNotes({ onRequest: `if (url === '/') return send(500, '<h1>oh</h1>')` }),
    })
    expect(broken.document.reason).toMatch(/\/ was not judged: it answered 500/u)
    expect((await judgeAudit(broken.document)).outcome).toBe('fail')
  })
})

describe.skipIf(!hasBrowser)('screenshots in Chromium', () => {
  test('show the pages before and after at every width, and how much changed', async () => {
    const { document, files } = await runTool('screenshots', 'VisualAssets', {
      before: writeNotes(),
      main: writeNotes({ page: PAGE.replace('<h1>Notes</h1>', '<h1>Notes for all of us</h1>') }),
    })
    expect(document).toMatchObject({ reason: null, before_revision: COMMIT_BEFORE, revision: COMMIT })
    expect(document.shots.map(({ moment, width_px }) => `${moment} ${width_px}`)).toEqual([
      'before 360', 'before 768', 'before 1280', 'after 360', 'after 768', 'after 1280',
    ]) // prettier-ignore
    expect(document.changes).toHaveLength(3)
    for (const { changed_share: share } of document.changes) {
      expect(share).toBeGreaterThan(0)
      expect(share).toBeLessThan(0.1)
    }
    expect(await getSize(files[0]?.bytes ?? Buffer.alloc(0))).toMatchObject({ width: 360 })
    expect(await judgeVisual(document, files)).toMatchObject({ reasons: [], outcome: 'pass', score: 1 })

    expect((await judgeVisual(document, []))?.reasons.join()).toMatch(/is not there/u)
    const swapped = files.map((file) => ({ ...file, bytes: files[0]?.bytes ?? file.bytes }))
    expect((await judgeVisual(document, swapped))?.reasons.join()).toMatch(/is not the one that was taken/u)
    const without = { ...document, shots: document.shots.filter(({ width_px: width }) => width !== 768) }
    expect((await judgeVisual(without, files))?.reasons.join()).toMatch(/no picture of \/ at 768 pixels/u)
    const noBefore = { ...document, shots: document.shots.filter(({ moment }) => moment === 'after') }
    expect((await judgeVisual(noBefore, files))?.reasons.join()).toMatch(/no picture from before/u)
    const other = { ...document, revision: COMMIT_BEFORE }
    expect(await judgeVisual(other, files)).toMatchObject({ outcome: 'fail', severity: 'critical' })
  })

  test('show what overflows, breaks or is missing', async () => {
    const page = withBody(
      '<div style="width:900px;height:20px;background:#036">wide</div><img alt="" src="/gone.png"><script>throw new Error("broken")</script>',
    )
    const { document, files } = await runTool('screenshots', 'VisualAssets', {
      main: writeNotes({ page, pageHeaders: open }),
    })
    expect(document.shots.map(({ overflow_px: px }) => px > 0)).toEqual([true, true, false])
    const findings = await judgeVisual(document, files)
    expect(findings?.outcome).toBe('fail')
    expect(findings?.reasons.join('\n')).toMatch(
      /wider than its window.*errors in its console: broken.*gone\.png: 404/su,
    )
  })

  test('show that there is nothing to see', async () => {
    const { document, files } = await runTool('screenshots', 'VisualAssets', {
      main: writeNotes({ page: withBody('') }),
    })
    expect(document.reason).toMatch(/\/ is blank at 360 pixels/u)
    const findings = await judgeVisual({ ...document, reason: null }, files)
    expect(findings?.reasons.join()).toMatch(/shows nothing/u)
  })

  test('never pass a service that does not start', async () => {
    const { document, files } = await runTool('screenshots', 'VisualAssets', { main: 'process.exit(1)' })
    expect((await judgeVisual(document, files))?.outcome).toBe('fail')
  })

  test('are of one colour or not, and differ where they are of another size', async () => {
    const { files } = await runTool('screenshots', 'VisualAssets')
    const [small, , wide] = files.map(({ bytes }) => bytes)
    if (small === undefined || wide === undefined) throw new Error('There are no pictures.')
    expect(await isBlank(small)).toBe(false)
    expect(await getChangedShare(small, small)).toBe(0)
    expect(await getChangedShare(small, wide)).toBeGreaterThan(0.3)
  })
})

test.skipIf(!hasBrowser)('compatibility notices a page that is nothing without scripts', async () => {
  const page = withBody(
    '<p id="p"></p><script>p.textContent = "Everything here is written by a script. ".repeat(9)</script>',
  )
  const { document } = await runTool('compatibility', 'CompatibilityMatrix', {
    main: writeNotes({ page, pageHeaders: open }),
  })
  const failed = document.cells.filter(({ outcome }) => outcome === 'fail')
  expect(failed.map(({ check }) => check)).toEqual(['the start page shows its text without JavaScript'])
})
