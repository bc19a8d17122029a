import { spawnSync } from 'node:child_process'
import { DOCUMENTS, type DocumentName, type DocumentOf } from '@ropewalk/core/contract/documents'
import type { JudgedArtifact, RunConfined } from '../../src/guard.ts'
import { driveService, type Driven } from '../../src/service/drive-service.ts'
import { findBrowser } from '../../src/service/find-browser.ts'
import type { Step } from '../../src/service/orders.ts'
import { findTool } from '../../src/tools/registry.ts'
import type { ToolResult } from '../../src/tool.ts'
import { makeArtifact, makeCheckout, makeFolder, runInBwrap, runSpawned } from '../support.ts'

export const COMMIT = 'a'.repeat(40)
export const COMMIT_BEFORE = 'b'.repeat(40)

const hasBwrap = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true']).status === 0

/** The better of the two that this machine has. */
export const runConfined: RunConfined = hasBwrap ? runInBwrap : runSpawned

export const hasBrowser = findBrowser() !== undefined

export const MANIFEST = {
  kind: 'service',
  language: 'node',
  entry: 'main.js',
  start: ['node', 'main.js'],
  tests: ['test/notes.test.js'],
  sources: ['main.js'],
  port_env: 'PORT',
  commands: null,
}

const PACKAGE = JSON.stringify({
  name: 'notes-service',
  version: '1.0.0',
  type: 'module',
  engines: { node: '>=22' },
})

/** The parts of a small service of notes, each to be replaced by one that misbehaves. */
export type NotesParts = {
  /** What stands before everything else. */
  readonly first?: string
  readonly page?: string
  readonly pageHeaders?: string
  /** Lines at the beginning of every request, with `url`, `method`, `response` and `send` at hand. */
  readonly onRequest?: string
  /** How a note is shown to callers. */
  readonly show?: string
  /** What becomes of an error. */
  readonly onError?: string
  readonly save?: string
  readonly last?: string
}

export const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Notes</title></head>
<body><main><h1>Notes</h1><p>Everything worth keeping, in one place.</p></main></body></html>`

const HEADERS = `'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'self'; img-src data:; frame-ancestors 'none'"`

/** A small honest service: notes that are created, read and removed, kept in a file, and a page. */
export const writeNotes = (parts: NotesParts = {}): string => `
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
${parts.first ?? ''}
const notes = new Map(existsSync('notes.json') ? JSON.parse(readFileSync('notes.json', 'utf8')) : [])
const save = () => { ${parts.save ?? "writeFileSync('notes.json', JSON.stringify([...notes]))"} }
const show = (note) => (${parts.show ?? '({ id: note.id, title: note.title })'})
const page = ${JSON.stringify(parts.page ?? PAGE)}
const read = async (request) => {
  let text = ''
  for await (const chunk of request) if (text.length < 100000) text += chunk
  if (text.length >= 100000) throw Object.assign(new Error('too long'), { status: 413 })
  try { return JSON.parse(text) } catch { throw Object.assign(new Error('not JSON'), { status: 400 }) }
}
const server = createServer(async (request, response) => {
  const send = (status, body, headers = {}) => {
    const isText = typeof body === 'string'
    response.writeHead(status, { 'content-type': isText ? 'text/html; charset=utf-8' : 'application/json', ${HEADERS}, ...headers })
    response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body))
  }
  const { url, method } = request
  try {
    ${parts.onRequest ?? ''}
    const path = url.split('?')[0]
    if (path === '/' && method === 'GET') return send(200, page, { ${parts.pageHeaders ?? ''} })
    if (path === '/notes' && method === 'GET') return send(200, { items: [...notes.values()].map(show) })
    if (path === '/notes' && method === 'POST') {
      const body = await read(request)
      if (typeof body?.title !== 'string') return send(400, { error: 'a title is needed' })
      const note = { id: String(notes.size + 1), title: body.title }
      notes.set(note.id, note)
      save()
      return send(201, show(note))
    }
    const note = notes.get(path.replace('/notes/', ''))
    if (note === undefined) return send(404, { error: 'nothing here' })
    if (method === 'GET') return send(200, show(note))
    if (method === 'DELETE') { notes.delete(note.id); save(); return send(204, undefined) }
    return send(405, { error: 'not allowed' })
  } catch (error) {
    ${parts.onError ?? "send(error.status ?? 500, { error: 'it failed' })"}
  }
})
${parts.last ?? 'server.listen(process.env.PORT, "127.0.0.1")'}
`

const NOTE = {
  type: 'object',
  required: ['id', 'title'],
  properties: { id: { type: 'string' }, title: { type: 'string' } },
}
const answer = (schema: unknown) => ({ description: 'fine', content: { 'application/json': { schema } } })

export const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Notes', version: '1.0.0' },
  components: { schemas: { Note: NOTE } },
  paths: {
    '/notes': {
      get: {
        operationId: 'listNotes',
        'x-requirements': ['REQ-002'],
        responses: {
          200: answer({
            type: 'object',
            required: ['items'],
            properties: { items: { type: 'array', items: { $ref: '#/components/schemas/Note' } } },
          }),
        },
      },
      post: {
        operationId: 'addNote',
        'x-requirements': ['REQ-001'],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { type: 'object', required: ['title'], properties: { title: { type: 'string' } } },
            },
          },
        },
        responses: { 201: answer({ $ref: '#/components/schemas/Note' }), 400: { description: 'refused' } },
      },
    },
    '/notes/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      get: {
        operationId: 'readNote',
        'x-requirements': ['REQ-002'],
        responses: { 200: answer({ $ref: '#/components/schemas/Note' }) },
      },
      delete: {
        operationId: 'removeNote',
        'x-requirements': ['REQ-001'],
        responses: { 204: { description: 'gone' } },
      },
    },
  },
}

const TEST = `
import assert from 'node:assert/strict'
import { test } from 'node:test'
test('REQ-001 US-001 a note has a title', () => assert.ok('title'))
test('REQ-002 US-002 notes are listed', () => assert.equal([].length, 0))
`

export const writeRepository = (
  main: string,
  files: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => ({
  'main.js': main,
  'package.json': PACKAGE,
  'README.md': '# Notes\n\nNotes are kept in a file and survive a restart.\n',
  'test/notes.test.js': TEST,
  ...files,
})

/** Drives one service by steps with short limits. */
export const drive = (
  main: string,
  steps: readonly Step[],
  facts: {
    readonly runConfined?: RunConfined
    readonly revive?: boolean
    readonly startTimeoutMs?: number
  } = {},
): Promise<Driven> =>
  driveService(
    { scratch: makeFolder(), runConfined: facts.runConfined ?? runConfined },
    {
      services: [
        {
          name: 'after',
          dir: makeCheckout(writeRepository(main)),
          manifest: MANIFEST as unknown as DocumentOf<'RepoManifest'>,
        },
      ],
      steps,
      revive: facts.revive ?? false,
      startTimeoutMs: facts.startTimeoutMs ?? 20_000,
      requestTimeoutMs: 1000,
      deadlineMs: 30_000,
    },
  )

export const get = (id: string, path: string): Step => ({
  type: 'request',
  id,
  service: 'after',
  method: 'GET',
  path,
})

export type ToolFacts = {
  readonly main?: string
  readonly files?: Readonly<Record<string, string>>
  /** The service before; none where it is left out. */
  readonly before?: string
  readonly beforeCommit?: string
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly settings?: Readonly<Record<string, unknown>>
  readonly runConfined?: RunConfined
}

/** Runs a tool of the registry on a service; its document is checked against its contract. */
export const runTool = async <N extends DocumentName>(
  name: string,
  output: N,
  facts: ToolFacts = {},
): Promise<{ readonly document: DocumentOf<N>; readonly files: NonNullable<ToolResult['files']> }> => {
  const tool = findTool(name)
  if (tool === undefined) throw new Error(`There is no tool ${name}.`)
  const given: Readonly<Record<string, unknown>> = {
    RepoManifest: MANIFEST,
    OpenAPI: OPENAPI,
    ...facts.inputs,
  }
  const inputs: JudgedArtifact[] = Object.entries(given).flatMap(([key, content]) =>
    content === undefined ? [] : [makeArtifact(key, content)],
  )
  const result = await tool.run({
    inputs,
    worktree: {
      dir: makeCheckout(writeRepository(facts.main ?? writeNotes(), facts.files)),
      commit: COMMIT,
    },
    before:
      facts.before === undefined
        ? null
        : { dir: makeCheckout(writeRepository(facts.before)), commit: facts.beforeCommit ?? COMMIT_BEFORE },
    scratch: makeFolder(),
    runConfined: facts.runConfined ?? runConfined,
    now: () => '2026-01-31T12:00:00.000Z',
    settings: facts.settings ?? {},
  })
  return { document: DOCUMENTS[output].parse(result.document) as DocumentOf<N>, files: result.files ?? [] }
}
