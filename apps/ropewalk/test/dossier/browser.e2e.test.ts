import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { findBrowser } from '@ropewalk/guards/service/find-browser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runInProcess } from '../cli/support/run-in-process.ts'
import { needs } from '../support/needs.ts'
import { readRecord, writeDossier } from './support.ts'

type Page = {
  readonly goto: (url: string) => Promise<unknown>
  readonly evaluate: (script: string) => Promise<unknown>
  readonly emulateMedia: (media: {
    readonly colorScheme?: 'light' | 'dark'
    readonly media?: 'print' | 'screen'
  }) => Promise<void>
  readonly setViewportSize: (size: { readonly width: number; readonly height: number }) => Promise<void>
  readonly keyboard: { readonly press: (key: string) => Promise<void> }
  readonly close: () => Promise<void>
}
type Browser = {
  readonly newPage: () => Promise<Page>
  readonly close: () => Promise<void>
}
type Playwright = {
  readonly chromium: {
    readonly launch: (options: {
      readonly executablePath: string
      readonly args: string[]
    }) => Promise<Browser>
  }
}

// The driver and axe belong to the guards, which measure what is built with them.
const require = createRequire(createRequire(import.meta.url).resolve('@ropewalk/guards/tool'))
const AXE = readFileSync(require.resolve('axe-core'), 'utf8')

describe.skipIf(!needs('chromium'))('in a browser', () => {
  const record = readRecord()
  let folder: string
  let dossier: string
  let browser: Browser
  let page: Page
  const getUrl = (file: string): string => `${pathToFileURL(dossier).href}/${file}`

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-page-'))
    dossier = path.join(folder, 'home', 'dossiers', record.view.run.id)
    await writeDossier(record, dossier)
    const { chromium } = (await import(
      pathToFileURL(require.resolve('playwright-core')).href
    )) as unknown as { default: Playwright }['default']
    browser = await chromium.launch({
      executablePath: findBrowser() ?? '',
      args: ['--no-sandbox', '--disable-gpu'],
    })
    page = await browser.newPage()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const findViolations = async (file: string): Promise<unknown> => {
    await page.goto(getUrl(file))
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true; 0`)
    await page.evaluate(`${AXE};0`)
    return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html).join(' ')))`)
  }

  test.each(['light', 'dark'] as const)(
    'axe finds nothing against the page, in %s colours',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme })
      expect(await findViolations('index.html')).toEqual([])
    },
  )

  test.each([
    'prd/PRD',
    'qa/RTM',
    'architecture/ArchitectureDoc',
    'architecture/OpenAPI',
    'security/ThreatModel',
    'aesthetic/VisualAssets',
    'critique/older/RiskRegister-v1',
  ])('axe finds nothing against the document %s', async (name) => {
    expect(await findViolations(`documents/${name}.html`)).toEqual([])
  })

  test.each([360, 768, 1280])('nothing is wider than a window of %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 900 })
    for (const file of [
      'index.html',
      'documents/prd/PRD.html',
      'documents/architecture/ArchitectureDoc.html',
    ]) {
      await page.goto(getUrl(file))
      await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true; 0`)
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    }
  })

  test('the first key leads past the navigation, and a line of a requirement opens where one links to it', async () => {
    await page.goto(getUrl('index.html'))
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
    await page.goto(getUrl('index.html#REQ-003'))
    const top = Number(await page.evaluate(`document.getElementById('REQ-003').getBoundingClientRect().top`))
    expect(top).toBeGreaterThanOrEqual(0)
    expect(top).toBeLessThan(900)
  })

  test('printed, what was folded away is shown', async () => {
    await page.goto(getUrl('index.html'))
    const measure = () =>
      page.evaluate(`document.querySelector('#REQ-001 .steps').getBoundingClientRect().height`)
    await page.emulateMedia({ media: 'print' })
    expect(Number(await measure())).toBeGreaterThan(100)
    await page.emulateMedia({ media: 'screen' })
  })

  test('Chromium prints the dossier as a PDF', async () => {
    const argv = ['dossier', 'export', 'last', '--format', 'pdf', '--out', 'out.pdf']
    const { exit, stderr } = await runInProcess(argv, {
      env: { ROPEWALK_HOME: path.join(folder, 'home') },
      cwd: folder,
    })
    expect(exit, stderr).toBe(0)
    const pdf = readFileSync(path.join(folder, 'out.pdf'))
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.length).toBeGreaterThan(100_000)
  })
})
