import type { Readiness } from '@ropewalk/core/contract/api/readiness'
import type { WaiverView } from '@ropewalk/core/contract/api/waivers'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CONFINEMENT, makeProgramHome, type ProgramHome } from '../support/program.ts'

let at: ProgramHome

beforeAll(async () => {
  at = await makeProgramHome('short')
  const server = at.start(['up', '--json'])
  await vi.waitUntil(() => server.getStdout().includes('\n'), { timeout: 60_000 })
  // Held, so that nothing of it is done while its gates are looked at.
  const held = await at.follow(['run', 'a guest book', '--json', '--approve', ...CONFINEMENT])
  expect(held).toMatchObject({ exit: 6, result: { status: 'planned' } })
})

afterAll(() => at.remove())

const readJson = async <T>(args: readonly string[]): Promise<T> => {
  const ended = await at.run([...args, '--json'])
  expect(ended.exit, ended.stderr).toBe(0)
  return JSON.parse(ended.stdout) as T
}

const listWaivers = async (): Promise<readonly WaiverView[]> =>
  (await readJson<{ items: WaiverView[] }>(['waiver', 'list'])).items

/** The weightiest rubric of the first phase that somebody may be let off. */
const findRubric = async (): Promise<{ readonly phase: string; readonly rubric: string }> => {
  const { items } = await readJson<{ items: Readiness[] }>(['runs', 'readiness', 'last'])
  for (const { phase, obstacles } of items)
    for (const { kind, name, waivable } of obstacles)
      if (kind === 'rubric' && waivable) return { phase, rubric: name }
  throw new Error('no rubric can be waived')
}

describe('waivers at the command line', () => {
  test('are asked for, listed, approved and taken back', async () => {
    const { phase, rubric } = await findRubric()
    const words = ['--owner', 'anna', '--why', 'It is a draft.', '--control', 'An editor looks.']
    const asked = await at.run(['waiver', 'request', 'last', phase, rubric, ...words, '--days', '3'])
    expect(asked.exit, asked.stderr).toBe(0)
    const [waiver] = await listWaivers()
    expect(waiver).toMatchObject({ phase, rubric, status: 'requested', owner: 'anna', days: 3 })
    const id = waiver?.id ?? ''
    const again = await at.run(['waiver', 'request', 'last', phase, rubric, ...words])
    expect(again).toMatchObject({ exit: 1, stdout: '' })
    const approved = await at.run(['waiver', 'approve', id.slice(0, 18)])
    expect(approved.exit, approved.stderr).toBe(0)
    expect(approved.stderr).toContain('In force until')
    expect((await at.run(['waiver', 'list'])).stdout).toContain('active')
    const told = await at.run(['runs', 'readiness', 'last', phase])
    expect(told.stdout).toContain(`${rubric} is waived`)
    expect(await at.run(['waiver', 'revoke', id])).toMatchObject({ exit: 64 })
    expect((await at.run(['waiver', 'revoke', id, '--why', 'No more.'])).exit).toBe(0)
    expect((await listWaivers()).map(({ status }) => status)).toEqual(['revoked'])
  })

  test('are refused with a reason', async () => {
    const { phase, rubric } = await findRubric()
    const words = ['--owner', 'anna', '--why', 'w', '--control', 'c']
    expect((await at.run(['waiver', 'request', 'last', phase, rubric, ...words])).exit).toBe(0)
    const id = (await listWaivers()).at(-1)?.id ?? ''
    expect((await at.run(['waiver', 'reject', id, '--why', 'Mend it.'])).exit).toBe(0)
    expect((await listWaivers()).at(-1)).toMatchObject({ status: 'rejected', reason: 'Mend it.' })
    const unknown = await at.run(['waiver', 'approve', '00000000'])
    expect(unknown.exit).toBe(1)
    expect(unknown.stderr).toContain('./ropewalk waiver list')
  })

  test('cannot be had for what the phase does not have', async () => {
    const words = ['--owner', 'anna', '--why', 'w', '--control', 'c']
    const ended = await at.run(['waiver', 'request', 'last', 'prd', 'nonsense', ...words])
    expect(ended.exit).toBe(1)
    expect(ended.stderr).toContain('has no rubric nonsense')
  })
})
