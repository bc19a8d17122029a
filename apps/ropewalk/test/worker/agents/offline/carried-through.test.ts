import { describe, expect, it } from 'vitest'
import { runOfflineCoder } from '../../../../src/worker/agents/offline/run-offline-coder.ts'
import { IDEAS, makeFolder, makeJob, readTree, specify, writeDocument, type Specified } from './support.ts'

const told = ({ IdeaSpec, PRD }: Specified) => ({
  spec: JSON.stringify(IdeaSpec),
  prd: JSON.stringify(PRD),
})

describe('what an idea says comes through to specification and requirements:', () => {
  it.each([
    ['a recipe box for a family of five', 'a family of five'],
    ['an invoice app for plumbers, at most 200 items', 'at most 200 items'],
    ['a booking site for 12 rooms', '12 rooms'],
    ['a wiki for our lab in Ghent', 'Ghent'],
    ['an expense tracker for couples, no login', 'login'],
  ])('%s', async (idea, words) => {
    const { spec } = told(await specify(idea))
    expect(spec).toContain(words)
  })

  it('a limit is a requirement of its own, and says that no rule builds it', async () => {
    const { PRD } = await specify('an invoice app for plumbers, at most 200 items')
    expect(PRD.requirements.at(-1)).toMatchObject({
      priority: 'should',
      statement: expect.stringContaining('at most 200 items (not built by rules)') as unknown,
    })
  })

  it('what is ruled out is neither required nor built', async () => {
    const { IdeaSpec, PRD } = await specify('notes without a web page, never deleting anything, no accounts')
    expect(JSON.stringify(PRD.requirements)).not.toMatch(/web page that lists|DELETE/u)
    expect(IdeaSpec.out_of_scope).toEqual(
      expect.arrayContaining([expect.stringContaining('which the idea rules out')]),
    )
    expect(PRD.requirements.length).toBeGreaterThanOrEqual(5)
  })

  it('a tool for the command line stays one in the documents, though a service is what rules build', async () => {
    const { IdeaSpec, PRD } = await specify('a command-line tool that renames photos by date')
    expect(IdeaSpec.title).toBe('Command-line tool that renames photos by date')
    expect(IdeaSpec.summary).toContain('does not stand in for what was asked')
    expect(PRD.requirements[0]).toMatchObject({
      priority: 'must',
      title: expect.stringContaining('a command-line tool') as unknown,
    })
    expect(JSON.stringify(PRD.requirements)).toContain('renames photos by date (not built by rules)')
  })

  it('hardware that a service cannot read stays a requirement without code', async () => {
    const idea = 'a sensor log'
    const documents = await specify(idea)
    const notes: string[] = []
    await runOfflineCoder(makeJob({ idea, output: 'SourceCode', documents, dir: await makeFolder(), notes }))
    const open = documents.PRD.requirements.find(({ statement }) => statement.includes('hardware'))
    expect(open).toBeDefined()
    expect(notes.join('\n')).toContain(`${open?.id ?? ''} (`)
  })
})

/** Method and path of every route in the sources, in the notation of OpenAPI. */
const listRoutes = (files: Record<string, string>): string[] =>
  Object.entries(files)
    .filter(([path]) => path.startsWith('src/'))
    .flatMap(([, text]) => [...text.matchAll(/method: '([A-Z]+)',\s+path: '([^']+)'/gu)])
    .map(([, method = '', path = '']) => `${method} ${path.replaceAll(/:(\w+)/gu, '{$1}')}`)
    // A style sheet is part of the page and no interface.
    .filter((route) => !route.endsWith('.css'))
    .toSorted()

describe.each(Object.entries(IDEAS))('the OpenAPI document of the idea "%s"', (_name, idea) => {
  it('describes the routes that the coder writes, and no others', async () => {
    const documents = await specify(idea)
    const api = await writeDocument('OpenAPI', { idea, documents })
    const described = Object.entries(api.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const dir = await makeFolder()
    await runOfflineCoder(makeJob({ idea, output: 'SourceCode', documents, dir }))
    expect(described.toSorted()).toEqual(listRoutes(await readTree(dir)))
  })
})
