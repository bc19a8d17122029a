import type { Blueprint } from '../blueprint.ts'

/** `test/folder.js`: a working directory of its own, since records are kept below it. */
export const writeFolder = (): string => `import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes an empty folder; the second of the pair removes it. */
export const makeFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'service-test-'))
  return [folder, () => rm(folder, { recursive: true, force: true })]
}

/** Makes an empty folder the working directory. Gives back what undoes that and removes the folder. */
export const enterFolder = async () => {
  const before = process.cwd()
  const [folder, remove] = await makeFolder()
  process.chdir(folder)
  return async () => {
    process.chdir(before)
    await remove()
  }
}
`

/** `test/client.js`: how tests speak to a service, whichever way it was started. */
export const writeClient = ({
  design: { noun },
}: Blueprint): string => `/** Calls the service at the origin that getOrigin names, which may be another one after a restart. */
export const makeClient = (getOrigin) => {
  /** Sends JSON, or raw text of a type, and gives back status, headers, text and JSON where it is some. */
  const call = async (method, path, body, { raw, type = 'application/json' } = {}) => {
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await fetch(getOrigin() + path, {
      method,
      redirect: 'manual',
      ...(text === undefined ? {} : { body: text, headers: { 'content-type': type } }),
    })
    const answer = await response.text()
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json') && answer !== ''
    return { status: response.status, headers: response.headers, text: answer, json: isJson ? JSON.parse(answer) : undefined }
  }

  /** Stores a body and gives back the record. Fails where it was not stored. */
  const store = async (body) => {
    const { status, json, text } = await call('POST', '/${noun.path}', body)
    if (status !== 201) throw new Error('expected status 201, got ' + status + ': ' + text)
    return json
  }
  return { call, store }
}
`

/** `test/support.js`: a service of its own for each test, inside the process of the test. */
export const writeSupport = (): string => `import { createService } from '../src/service.js'
import { makeClient } from './client.js'
import { enterFolder } from './folder.js'

const start = async () => {
  const server = await createService()
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return server
}

const stop = (server) =>
  new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })

/** Starts a service on a free port with records of its own; both are gone when the test ends. */
export const startService = async (t) => {
  const leave = await enterFolder()
  let server
  t.after(async () => {
    if (server !== undefined) await stop(server)
    await leave()
  })
  server = await start()
  const restart = async () => {
    await stop(server)
    server = await start()
  }
  return { ...makeClient(() => 'http://127.0.0.1:' + server.address().port), restart }
}
`

/** `test/process.js`: the service as those who run it start it. */
export const writeProcess = (): string => `import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { makeClient } from './client.js'
import { makeFolder } from './folder.js'

const MAIN = join(import.meta.dirname, '..', 'src', 'main.js')

/** Starts src/main.js and waits until it says where it listens. */
const launch = (folder) =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, PORT: '0', HOST: '127.0.0.1', DATA_DIR: folder }
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
      const [, origin] = /^Listening on (http:\\S+)\\/$/m.exec(said) ?? []
      if (origin !== undefined) resolve({ child, origin })
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error('the service ended with exit code ' + code + ' before it listened')))
  })

/** A service that does not stop when told is ended, so that its test fails instead of waiting. */
const STOP_MS = 10_000

/** Asks a service to stop and gives back its exit code; null where a signal ended it. */
const end = async (child) => {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  const [code] = await exited
  clearTimeout(timer)
  return code
}

/** A service as a process on a free port, with records of its own; close stops it and removes them. */
export const makeProcess = async () => {
  const [folder, remove] = await makeFolder()
  let running
  const stop = () => end(running.child)
  const close = async () => {
    if (running !== undefined) await stop()
    await remove()
  }
  const restart = async () => {
    if (running !== undefined) await stop()
    running = await launch(folder)
  }
  try {
    await restart()
  } catch (error) {
    await close()
    throw error
  }
  return { ...makeClient(() => running.origin), stop, restart, close }
}

/** Such a service for one test. */
export const startProcess = async (t) => {
  const service = await makeProcess()
  t.after(service.close)
  return service
}
`

/** `test/acceptance/service.js`: one process for the tests of a story, and a new one where a test needs it. */
export const writeSharedService = (): string => `import { after } from 'node:test'
import { makeProcess } from '../process.js'

/** The promise of a service: one that could not be started is not tried again, and every test says why. */
let service

/** The service of this file's tests, started with the first of them; with isEmpty one that has no records yet. */
export const useService = async ({ isEmpty = false } = {}) => {
  const old = await service
  if (isEmpty && old !== undefined) {
    service = undefined
    await old.close()
  }
  service ??= makeProcess()
  return service
}

after(async () => {
  const last = await service?.catch(() => undefined)
  await last?.close()
})
`
