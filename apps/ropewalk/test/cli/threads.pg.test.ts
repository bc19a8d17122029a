import { writeFileSync } from 'node:fs'
import { makePrivateFolder } from '../../src/store/keys/home-folder.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getTokenFile, writeServerRecord } from '../../src/cli/home.ts'
import path from 'node:path'
import { API_TOKEN, startApi, type TestApi } from '../http/support/start-api.ts'
import { runInProcess, type Told } from './support/run-in-process.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  makePrivateFolder(path.join(api.home, 'keys'))
  writeFileSync(getTokenFile(api.home), API_TOKEN, { mode: 0o600 })
  // A command does not take its own process for the server of its home; another one that lives stands in for it.
  writeServerRecord(api.home, { pid: process.ppid, url: api.url, startedAt: new Date().toISOString() })
})
afterAll(async () => {
  await api.stop()
})

const rope = (...argv: readonly string[]): Promise<Told> =>
  runInProcess(argv, { env: { ROPEWALK_HOME: api.home }, cwd: api.home })

const good = async (...argv: readonly string[]): Promise<string> => {
  const { exit, stdout, stderr } = await rope(...argv)
  expect(exit, `${argv.join(' ')}: ${stderr}`).toBe(0)
  return stdout.trim()
}

const json = async (...argv: readonly string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await good(...argv, '--json')) as Record<string, unknown>

const create = (title = 'the invoice total'): Promise<string> =>
  good('thread', 'create', title, '--with', 'ann:reviewer', '--with', 'ben', '--reason', 'We need to talk.')

describe('threads at the command line', () => {
  it('are started, written into, and shown with who has read how far', async () => {
    const id = await create()
    await good('thread', 'post', id.slice(-8), 'ignores', 'the', 'discount', '--role', 'reviewer')
    await good('thread', 'post', id, 'seen', '--reply-to', '#1', '--to', 'ben')
    await good('thread', 'post', id, 'it', '--event', 'finding_reported', '--finding', 'total')
    const text = await good('thread', 'show', id)
    for (const part of [
      'the invoice total',
      'active',
      'ann',
      'reviewer',
      '2 unread',
      '#1 owner to all who are reviewer',
    ])
      expect(text).toContain(part)
    const shown = await json('thread', 'show', 'last')
    expect(shown).toMatchObject({ thread_id: id, last_seq: 3, wakes: [] })
    expect(shown['messages']).toMatchObject([
      { seq: 1, body: 'ignores the discount' },
      { seq: 2, to: { kind: 'agents', agents: ['ben'] } },
      { seq: 3, event_type: 'finding_reported' },
    ])
    expect(await json('thread', 'list', '--status', 'active')).toMatchObject({ items: [{ thread_id: id }] })
    const tail = await good('thread', 'tail', id, '--after', '1', '--json')
    expect(tail.split('\n').map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([2, 3])
    expect(await json('thread', 'search', 'DISCOUNT')).toMatchObject({ items: [{ seq: 1 }] })
    const summary = await json('thread', 'summary', id)
    expect(summary).toMatchObject({ last_status: 'active', open_items: [{ kind: 'finding', seq: 3 }] })
  })

  it('change hands and status, each with its reason in the audit', async () => {
    const id = await create('who goes and who stays')
    await good('thread', 'add', id, 'cleo:second', '--reason', 'Two see more.')
    await good('thread', 'post', id, 'hello', 'cleo', '--to', 'cleo', '--reason', 'She asked.')
    expect(await json('thread', 'remove', id, 'cleo', '--reason', 'On holiday.')).toMatchObject({
      bounced: [1],
    })
    await good('thread', 'wake', id, 'ann', '--prompt', 'Look at it.', '--reason', 'It waits.')
    for (const verb of ['escalate', 'unblock', 'resolve', 'reopen', 'escalate'])
      await good('thread', verb, id, '--reason', `Because of ${verb}.`)
    const inbox = await rope('inbox', '--exit-code')
    expect(inbox).toMatchObject({ exit: 6, stdout: '' })
    expect(inbox.stderr).toContain('1 blocked thread needs you: ./ropewalk thread list --status blocked')
    expect(await json('inbox')).toMatchObject({ blockedThreads: 1 })
    const bare = await rope('thread', 'close', id, '--reason', 'Enough.')
    expect(bare).toMatchObject({ exit: 1 })
    expect(bare.stderr).toContain('human_override:')
    expect(bare.stderr).toContain(`./ropewalk thread override-close ${id}`)
    await good('thread', 'override-close', id, '--reason', 'Enough.')
    expect((await rope('inbox')).stderr).toContain('Nothing needs you.')
    expect(await json('thread', 'show', id)).toMatchObject({
      status: 'closed',
      wakes: [{ targetAgentId: 'ann', fallbackAction: 'spawn_session' }],
    })
    const { items } = await json('audit', 'list', '--thread', id)
    const told = (items as readonly Record<string, unknown>[]).map(({ operation, reason, result }) => [
      operation,
      result,
      reason,
    ])
    expect(told).toContainEqual(['update_thread_status', 'ok', 'human_override: Enough.'])
    expect(told).toContainEqual(['post_message', 'ok', 'She asked.'])
    expect(told).toContainEqual(['add_participant', 'ok', 'Two see more.'])
    expect(told).toContainEqual(['remove_participant', 'ok', 'On holiday.'])
    expect(told).toContainEqual(['trigger_participant', 'ok', 'It waits.'])
    expect(told).toContainEqual(['update_thread_status', 'INSUFFICIENT_AUTHORITY', null])
    expect(told).toContainEqual(['create_thread', 'ok', 'We need to talk.'])
    const refused = await json('audit', 'list', '--result', 'insufficient_authority', '--thread', id)
    expect(refused).toMatchObject({ items: [{ result: 'INSUFFICIENT_AUTHORITY' }], hasMore: false })
    expect(await json('audit', 'list', '--limit', '1')).toMatchObject({ items: [{}], hasMore: true })
    expect(await json('thread', 'list', '--limit', '1')).toMatchObject({ items: [{}], hasMore: true })
  })

  it('that are not there, or mistakes, are told with the next step', async () => {
    const none = await rope('thread', 'show', 'abcd1234')
    expect(none).toMatchObject({ exit: 1 })
    expect(none.stderr).toContain('./ropewalk thread list')
    const noReason = await rope('thread', 'unblock', 'last')
    expect(noReason).toMatchObject({ exit: 64 })
    expect(noReason.stderr).toContain('--reason')
    const stranger = await rope('thread', 'post', 'last', 'hi', '--to', 'nobody')
    expect(stranger.exit).toBe(1)
    const far = await rope('thread', 'post', 'last', 'hi', '--reply-to', '99')
    expect(far.stderr).toContain('#99')
  })
})

describe('what is watched over', () => {
  it('sessions are listed and shown', async () => {
    expect((await rope('session', 'list')).stderr).toContain('No agent')
    expect((await rope('session', 'show', 'ann')).exit).toBe(1)
    const beat = { runtime: 'codex', resumable: true, management_mode: 'managed', session_id: 's-1' }
    expect(await api.ask('/v1/mcp/heartbeat_session', { body: beat })).toMatchObject({ status: 200 })
    expect(await json('session', 'list')).toMatchObject({ items: [{ agentId: 'owner', runtime: 'codex' }] })
    expect(await good('session', 'show', 'owner')).toContain('codex, managed')
  })

  it('the data policy is shown and changed, with its reason', async () => {
    expect(await json('policy', 'show')).toEqual({ retention: { mode: 'permanent' }, redaction: false })
    expect((await rope('policy', 'set', '--reason', 'x')).exit).toBe(64)
    expect((await rope('policy', 'set', '--retention', 'soon', '--reason', 'x')).exit).toBe(64)
    await good('policy', 'set', '--retention', '90d', '--redaction', 'on', '--reason', 'The customer asks.')
    expect(await good('policy', 'show')).toContain('kept 90 days')
    expect(await json('audit', 'list', '--operation', 'changePolicy')).toMatchObject({
      items: [{ actor: 'owner', reason: 'The customer asks.', result: 'ok' }],
    })
  })
})
