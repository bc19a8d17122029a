import { join } from 'node:path'
import { DOCUMENTS } from '@ropewalk/core/contract/documents'
import type { ToolInput, ToolResult } from '@ropewalk/guards/tool'
import { findTool } from '@ropewalk/guards/tools/registry'
import { describe, expect, it } from 'vitest'
import { needs } from '../../../support/needs.ts'
import { CODERS, designAll, takeTurn, type Coder } from './chain.ts'
import { IDEAS, makeFolder, makeGuardInput, writeDocument, type Held } from './support.ts'

const COMMITS = { before: '2'.repeat(40), after: '1'.repeat(40) }

type Built = { readonly documents: Held; readonly dir: string; readonly before: string }

/** The service at its end, and as it was before the page got its style. */
const build = async (idea: string): Promise<Built> => {
  const first = await designAll(idea)
  const DataModel = await writeDocument('DataModel', { idea, documents: first })
  const documents = { ...first, DataModel }
  const OpenAPI = await writeDocument('OpenAPI', { idea, documents })
  const make = async (coders: readonly Coder[]) => {
    const dir = await makeFolder()
    let manifest: unknown
    for (const coder of coders) {
      const { outputs } = await takeTurn(coder, { idea, documents, dir })
      manifest = JSON.parse(Buffer.from(outputs[1]?.bytes as Uint8Array).toString('utf8'))
    }
    return { dir, RepoManifest: manifest }
  }
  const { dir, RepoManifest } = await make(CODERS)
  const old = await make(CODERS.slice(0, -1))
  return { documents: { ...documents, OpenAPI, SourceCode: {}, RepoManifest }, dir, before: old.dir }
}

/** What one of the engine's tools says of the service. */
const measure = async (name: string, { documents, dir, before }: Built): Promise<ToolResult> => {
  const tool = findTool(name)
  if (tool === undefined) throw new Error(`There is no tool ${name}.`)
  const scratch = await makeFolder()
  const { judged, runConfined, now } = makeGuardInput({
    guard: name,
    artifacts: Object.keys(documents),
    documents,
    scratch,
  })
  const input: ToolInput = {
    inputs: judged,
    worktree: { dir, commit: COMMITS.after },
    before: { dir: before, commit: COMMITS.before },
    scratch,
    runConfined,
    now,
    settings: {},
  }
  return tool.run(input)
}

/** `ROPEWALK_TEST_RUNS=all`: more of the same kind. */
const IS_WHOLE = process.env['ROPEWALK_TEST_RUNS'] === 'all'

describe.each(IS_WHOLE ? ['invoices', 'links', 'bookings'] : ['bookings'])(
  'the service of the idea "%s"',
  (name) => {
    it('has nothing for a scanner of code and secrets, or for one that attacks it', async () => {
      const built = await build(IDEAS[name] ?? name)
      for (const tool of ['sast', 'secrets', 'dast']) {
        const { document } = await measure(tool, built)
        expect({ tool, outcome: document.outcome, findings: document.findings }).toEqual({
          tool,
          outcome: 'done',
          findings: [],
        })
      }
    }, 120_000)

    it('does at every route what its API document says', async () => {
      const built = await build(IDEAS[name] ?? name)
      const { scenarios } = DOCUMENTS.E2EReport.parse((await measure('e2e-test', built)).document)
      expect(scenarios.length).toBeGreaterThan(5)
      expect(scenarios.filter(({ outcome }) => outcome === 'fail')).toEqual([])
    }, 120_000)

    it('has no route that its API document leaves out', async () => {
      const { dir, documents } = await build(IDEAS[name] ?? name)
      const { paths } = DOCUMENTS.OpenAPI.parse(documents.OpenAPI)
      type Route = { readonly method: string; readonly path: string }
      const load = async <T>(file: string): Promise<T> => (await import(join(dir, 'src', file))) as T
      const { entryRoutes } = await load<{ entryRoutes: Route[] }>('entries.js')
      const { pageRoutes } = await load<{ pageRoutes: Route[] }>('page.js')
      const { features } = await load<{ features: { routes?: Route[]; lastRoutes?: Route[] }[] }>(
        'features.js',
      )
      const routes = [
        ...entryRoutes,
        ...pageRoutes.filter(({ path }) => path !== '/page.css'),
        ...features.flatMap((feature) => [...(feature.routes ?? []), ...(feature.lastRoutes ?? [])]),
      ]
      const listed = Object.entries(paths).flatMap(([path, item]) =>
        Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
      )
      const built = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/gu, '{$1}')}`)
      expect(listed.toSorted()).toEqual([...built, 'GET /healthz'].toSorted())
    })
  },
)

describe.skipIf(!needs('chromium'))('the page', () => {
  it.each(IS_WHOLE ? ['tasks', 'hostile'] : ['hostile'])(
    'fits three widths, changes with its style, and bars nobody (%s)',
    async (name) => {
      const built = await build(IDEAS[name] ?? name)
      const assets = DOCUMENTS.VisualAssets.parse((await measure('screenshots', built)).document)
      expect(assets.shots.map(({ width_px: width, moment }) => `${moment} ${String(width)}`).toSorted()).toEqual([
      'after 1280', 'after 360', 'after 768', 'before 1280', 'before 360', 'before 768',
    ]) // prettier-ignore
      for (const shot of assets.shots)
        expect({
          overflow: shot.overflow_px,
          errors: shot.console_errors,
          missing: shot.missing_resources,
        }).toEqual({
          overflow: 0,
          errors: [],
          missing: [],
        })
      for (const { changed_share: share } of assets.changes) expect(share).toBeGreaterThan(0.05)
      for (const dir of [built.dir, built.before]) {
        const audit = DOCUMENTS.A11yAudit.parse((await measure('accessibility', { ...built, dir })).document)
        expect(audit.outcome).toBe('done')
        expect(audit.pages.flatMap(({ violations }) => violations)).toEqual([])
      }
    },
    180_000,
  )
})
