import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserType, CDPSession, Page } from 'playwright-core'
import type { BrowseStep, DriverModules } from '../orders.ts'
import type { Browse, StepResult } from '../report.ts'
import type { Address } from './service.ts'

/** A page of more is cut: a picture of an endless page would be the whole report. */
const MAX_PICTURE_HEIGHT = 4000
const MAX_PICTURE_BYTES = 3 * 1024 * 1024
const MAX_TEXT = 20_000
const MAX_NOTES = 50
/** Requests that never end keep no page waiting longer. */
const QUIET_TIMEOUT_MS = 1500

const FLAGS = [
  // The command runs in a sandbox already, and in it Chromium cannot make another.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // A page that is told of the measurement may show it something else.
  '--disable-blink-features=AutomationControlled',
  '--force-device-scale-factor=1',
]

/** What the driver asks of a page; run in a world of its own, where nothing of the page's scripts reaches it. */
const FACTS = `({
  title: document.title,
  text: (document.body?.innerText ?? '').trim().slice(0, ${MAX_TEXT}),
  overflowPx: Math.max(0, Math.ceil(
    Math.max(document.documentElement.scrollWidth, document.body?.scrollWidth ?? 0) - innerWidth)),
  height: Math.ceil(document.documentElement.scrollHeight),
  stylesheets: [...document.querySelectorAll('link[rel~="stylesheet"][href]')].map((link) => link.getAttribute('href')),
})`

type Facts = Pick<Browse, 'title' | 'text' | 'overflowPx' | 'stylesheets'> & { readonly height: number }

type Judged = {
  readonly id: string
  readonly impact: string | null
  readonly help: string
  readonly tags: readonly string[]
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly html: string }[]
}
type AxeRun = {
  readonly version: string
  readonly passes: number
  readonly violations: readonly Judged[]
  readonly incomplete: readonly Judged[]
}

/** Evaluates in an isolated world: the page's own scripts can neither see nor change what happens there. */
const makeEvaluate = async (session: CDPSession) => {
  const { frameTree } = await session.send('Page.getFrameTree')
  const { executionContextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'measurement',
  })
  return async (expression: string): Promise<unknown> => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression,
      contextId: executionContextId,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }
}

const runAxe = async (
  evaluate: (expression: string) => Promise<unknown>,
  source: string,
  tags: readonly string[],
): Promise<NonNullable<Browse['axe']>> => {
  await evaluate(`${source};undefined`)
  const found = (await evaluate(`axe.run(document, {
    runOnly: { type: 'tag', values: ${JSON.stringify(tags)} },
    resultTypes: ['violations', 'incomplete'],
  }).then(({ violations, incomplete, passes }) => ({ violations, incomplete, passes: passes.length, version: axe.version }))`)) as AxeRun
  return {
    version: found.version,
    passes: found.passes,
    violations: found.violations.map(({ id, impact, help, tags: ruleTags, nodes }) => ({
      rule: id,
      impact: impact ?? 'serious',
      help,
      tags: [...ruleTags],
      nodes: nodes.slice(0, MAX_NOTES).map(({ target, html }) => `${target.map(String).join(' ')} : ${html}`),
    })),
    incomplete: found.incomplete.map(({ id, help }) => ({ rule: id, help })),
  }
}

const takePicture = async (page: Page, step: BrowseStep, height: number): Promise<string> => {
  const clip = {
    x: 0,
    y: 0,
    width: step.width,
    height: Math.min(Math.max(height, step.height), MAX_PICTURE_HEIGHT),
  }
  const options = { animations: 'disabled', caret: 'hide', type: 'png' } as const
  const whole = await page.screenshot({ ...options, fullPage: true, clip })
  const picture = whole.length <= MAX_PICTURE_BYTES ? whole : await page.screenshot(options)
  return picture.toString('base64')
}

/** Console errors and failed requests of a page, collected until they are taken. */
const listen = (page: Page) => {
  let consoleErrors: string[] = []
  let missing: string[] = []
  const note = (list: string[], text: string) => {
    if (list.length < MAX_NOTES) list.push(text.slice(0, 500).toWellFormed())
  }
  page.on('console', (message) => {
    // A resource that is not there is told by its response; this line would tell it twice.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      note(consoleErrors, message.text())
  })
  page.on('pageerror', (error) => {
    note(consoleErrors, error.message)
  })
  page.on('requestfailed', (request) => {
    note(missing, `${request.method()} ${request.url()}: ${request.failure()?.errorText ?? 'failed'}`)
  })
  page.on('response', (response) => {
    const isPage = response.request().isNavigationRequest()
    if (!isPage && response.status() >= 400)
      note(missing, `${response.request().method()} ${response.url()}: ${response.status()}`)
  })
  page.on('dialog', (dialog) => {
    dialog.dismiss().catch((error: unknown) => {
      note(consoleErrors, `a dialog could not be closed: ${String(error)}`)
    })
  })
  return {
    take: () => {
      const heard = { consoleErrors, missing }
      consoleErrors = []
      missing = []
      return heard
    },
  }
}

type Window = {
  readonly page: Page
  readonly session: CDPSession
  readonly heard: ReturnType<typeof listen>
}

/** What Chromium calls itself where it has a window: without one it says so, and a service could act on that. */
const getUserAgent = (version: string): string =>
  `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version.split('.')[0] ?? ''}.0.0.0 Safari/537.36`

/** A window costs a process and a while, so each service keeps its own, one with scripts and one without. */
const openWindow = async (browser: Browser, step: BrowseStep): Promise<Window> => {
  const context = await browser.newContext({
    viewport: { width: step.width, height: step.height },
    userAgent: getUserAgent(browser.version()),
    javaScriptEnabled: step.javaScript,
    serviceWorkers: 'block',
    reducedMotion: 'reduce',
    acceptDownloads: false,
  })
  const page = await context.newPage()
  return { page, session: await context.newCDPSession(page), heard: listen(page) }
}

export type Surfer = {
  /** Starts the browser where there is one to start. Rejects where it does not come up. */
  readonly start: () => Promise<void>
  readonly browse: (step: BrowseStep, address: Address, timeoutMs: number) => Promise<StepResult>
  readonly stop: () => Promise<void>
}

const launch = async (playwright: string, executablePath: string): Promise<Browser> => {
  const loaded = (await import(pathToFileURL(playwright).href)) as {
    readonly default: { readonly chromium: BrowserType }
  }
  return loaded.default.chromium.launch({
    executablePath,
    headless: true,
    args: FLAGS,
    env: { HOME: tmpdir(), TMPDIR: tmpdir(), PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
    timeout: 20_000,
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
  })
}

/** Makes what looks at pages. */
export const makeSurfer = (modules: DriverModules): Surfer => {
  const windows = new Map<string, Window>()
  let browser: Browser | undefined
  return {
    start: async () => {
      if (modules.playwright !== null && modules.browser !== null)
        browser = await launch(modules.playwright, modules.browser)
    },
    browse: async (step, { host, port }, timeoutMs) => {
      if (browser === undefined) throw new Error('there is no Chromium')
      const key = `${step.service} ${String(step.javaScript)}`
      const window = windows.get(key) ?? (await openWindow(browser, step))
      // Should this visit fail, the next one gets a window of its own.
      windows.delete(key)
      const { page, session, heard } = window
      heard.take()
      await page.setViewportSize({ width: step.width, height: step.height })
      const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${step.path}`
      const response = await page.goto(url, { waitUntil: 'load', timeout: timeoutMs })
      const evaluate = await makeEvaluate(session)
      // Only scripts change a page that has been loaded; waiting for others costs half a second each.
      if (step.javaScript && (await evaluate('document.scripts.length')) !== 0)
        await page
          .waitForLoadState('networkidle', { timeout: QUIET_TIMEOUT_MS })
          .catch((error: unknown) => String(error))
      const { height, ...facts } = (await evaluate(FACTS)) as Facts
      const axe =
        step.axeTags.length === 0 || modules.axe === null
          ? null
          : await runAxe(evaluate, readFileSync(modules.axe, 'utf8'), step.axeTags)
      const png = step.screenshot ? await takePicture(page, step, height) : null
      windows.set(key, window)
      return {
        id: step.id,
        type: 'browse',
        outcome: 'done',
        browser: browser.version(),
        status: response?.status() ?? 0,
        contentType: response?.headers()['content-type'] ?? '',
        ...facts,
        text: facts.text.toWellFormed(),
        title: facts.title.toWellFormed(),
        ...heard.take(),
        axe,
        png,
      }
    },
    stop: async () => {
      await browser?.close()
      browser = undefined
    },
  }
}
