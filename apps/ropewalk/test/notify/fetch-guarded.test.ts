import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { fetchGuarded, type GuardedInit, type GuardOptions } from '../../src/notify/fetch-guarded.ts'

const OPEN: GuardOptions = { allowLoopback: true, allowPrivate: false }
const SHUT: GuardOptions = { allowLoopback: false, allowPrivate: false }

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

const serve = async (listener: RequestListener) => {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    listener(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}`, seen }
}

const codeOf = (url: string, init: GuardedInit, options: GuardOptions): Promise<unknown> =>
  fetchGuarded(url, init, options).then(
    () => 'answered',
    (error: { code?: string }) => error.code,
  )

describe('a guarded request', () => {
  test('brings back status, headers and body', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(201, { 'x-said': request.headers['x-say'] })
      request.pipe(response)
    })
    const answer = await fetchGuarded(
      `${url}/path?q=1`,
      { method: 'POST', headers: { 'x-say': 'hello' }, body: 'the body' },
      OPEN,
    )
    expect(answer).toMatchObject({ status: 201, headers: { 'x-said': 'hello' }, isCut: false })
    expect(answer.body.toString()).toBe('the body')
  })

  test('never reaches this machine by its address unless that is allowed', async () => {
    const { url, seen } = await serve((_, response) => response.end())
    expect(await codeOf(url, {}, SHUT)).toBe('FORBIDDEN')
    expect(await codeOf(url.replace('127.0.0.1', '[::ffff:127.0.0.1]'), {}, SHUT)).toBe('FORBIDDEN')
    expect(await codeOf(url.replace('127.0.0.1', 'localhost'), {}, SHUT)).toBe('FORBIDDEN')
    expect(seen).toHaveLength(0)
  })

  test.each([
    [['127.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['::1']],
    [['169.254.169.254']],
    [['::ffff:a00:1']],
    [['fe80::1']],
  ])('refuses a name that resolves to %j', async (addresses) => {
    const lookup = async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    expect(await codeOf('http://hooks.example:8080/', {}, { ...SHUT, lookup })).toBe('FORBIDDEN')
  })

  test('asks for a name once, so that a second answer cannot lead elsewhere', async () => {
    const { port, seen } = await serve((_, response) => response.end('ours'))
    let asked = 0
    const lookup = async () => {
      asked += 1
      return [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]
    }
    const answer = await fetchGuarded(`http://hooks.example:${port}/`, {}, { ...OPEN, lookup })
    expect(answer.body.toString()).toBe('ours')
    expect(asked).toBe(1)
    expect(seen[0]?.headers.host).toBe(`hooks.example:${port}`)
  })

  test('goes to the next checked address when the first has nobody', async () => {
    const { port } = await serve((_, response) => response.end('ours'))
    const lookup = async () => [
      { address: '127.0.0.2', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    const answer = await fetchGuarded(`http://hooks.example:${port}/`, {}, { ...OPEN, lookup })
    expect(answer.body.toString()).toBe('ours')
  })

  test('does not follow a redirect', async () => {
    const { url, seen } = await serve((_, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    expect((await fetchGuarded(url, {}, OPEN)).status).toBe(302)
    expect(seen).toHaveLength(1)
  })

  test('reads a flood to its limit and no further', async () => {
    const { url } = await serve((_, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(32_768, 'a')));
        response.once('drain', pour)
      }
      pour()
    })
    const answer = await fetchGuarded(url, {}, OPEN)
    expect(answer.body).toHaveLength(65_536)
    expect(answer.isCut).toBe(true)
    expect((await fetchGuarded(url, { maxBodyBytes: 10 }, OPEN)).body.toString()).toBe('aaaaaaaaaa')
  })

  test.each([
    ['answers nothing', () => undefined],
    [
      'drips its body',
      (_: IncomingMessage, response: Parameters<RequestListener>[1]) => {
        response.write('a')
        const timer = setInterval(() => response.write('a'), 50)
        response.on('close', () => clearInterval(timer))
      },
    ],
  ])('gives up on a server that %s', async (_title, listener) => {
    const { url } = await serve(listener)
    const startedAt = performance.now()
    expect(await codeOf(url, { timeoutMs: 300 }, OPEN)).toBe('AGENT_UNREACHABLE')
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  test('gives up on a resolver that does not answer', async () => {
    const lookup = () => new Promise<never>(() => undefined)
    expect(await codeOf('http://hooks.example/', { timeoutMs: 200 }, { ...SHUT, lookup })).toBe(
      'AGENT_UNREACHABLE',
    )
  })

  test('says that nobody is there, and nothing of the path', async () => {
    const { url } = await serve((request) => request.socket.destroy())
    const failed = fetchGuarded(`${url}/T0KEN`, {}, OPEN)
    await expect(failed).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
    await expect(failed).rejects.not.toThrowError('T0KEN')
    await expect(fetchGuarded('http://127.0.0.1:1/', {}, OPEN)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  test('ends when its caller has had enough', async () => {
    const { url } = await serve(() => undefined)
    const signal = AbortSignal.timeout(100)
    await expect(fetchGuarded(url, { signal }, OPEN)).rejects.toThrowError(/timeout/u)
  })
})
