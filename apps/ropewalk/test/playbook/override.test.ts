import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { diffPlaybooks } from '../../src/engine/playbook/diff-playbook.ts'
import { formatFault } from '../../src/engine/playbook/fault.ts'
import { judgePlaybook, type PinnedPlaybook, readPlaybook } from '../../src/engine/playbook/read-playbook.ts'
import { EXAMPLE } from '../../src/engine/playbook/write-example.ts'
import { checkServerPlaybook } from '../../src/cli/check-server-playbook.ts'
import { runInProcess } from '../cli/support/run-in-process.ts'
import { makeScene, planOf, type Scene } from './support.ts'

let scene: Scene
beforeEach(() => {
  scene = makeScene()
})
afterEach(() => scene.remove())

const judge = () => judgePlaybook({ base: scene.base, project: scene.project })

const read = (): PinnedPlaybook => {
  const { pinned, faults } = judge()
  if (pinned === null) throw new Error(faults.map(formatFault).join('\n'))
  return pinned
}

/** The example of `playbook init` as a person would uncomment it. */
const uncomment = (name: string, text: string): string =>
  name.endsWith('.md')
    ? text.replace(/^<!--\n/u, '').replace(/-->\n$/u, '')
    : text
        .split('\n')
        .map((line, index) => (index < 3 ? line : line.replace(/^# ?/u, '')))
        .join('\n')

const writeLegalPhase = () => {
  for (const [name, text] of Object.entries(EXAMPLE))
    if (name !== 'README.md') scene.write(name, uncomment(name, text))
}

const agentFile = (name: string, output: string) => `---
agent: ${name}
phase: bizdev
kind: model
capability: model
inputs: [IdeaSpec]
output: ${output}
---

Write it for a club that nobody pays for. Cite IdeaSpec#/goals/0 and the like.
`

/** Two agents swapped for others, a guard dropped, a phase between prd and bizdev: files alone. */
const writeOverride = () => {
  writeLegalPhase()
  const bizdev = scene
    .read('phases/bizdev.yaml')
    .replace(
      'agents: [business-model, pricing, gtm, metrics]',
      'agents: [club-model, club-pricing, gtm, metrics]',
    )
    .replace(/ {2}- guard: cross-references\n.*\n.*\n/u, '')
    .replace(/ {2}consistency: .*\n/u, '')
  scene.write('phases/bizdev.yaml', bizdev)
  scene.write('agents/bizdev/club-model.md', agentFile('club-model', 'BusinessPlan'))
  scene.write('agents/bizdev/club-pricing.md', agentFile('club-pricing', 'PricingModel'))
}

describe('a project’s own files', () => {
  test('swap two agents, drop a guard and add a phase between two others, without code', () => {
    writeOverride()
    const plan = planOf(read())
    const names = plan.phases.map(({ phase }) => phase)
    expect(names.slice(names.indexOf('prd'), names.indexOf('architecture'))).toEqual([
      'prd',
      'legal',
      'bizdev',
    ])
    expect(plan.dependencies['bizdev']).toEqual(['prd', 'legal'])
    const bizdev = plan.phases.find(({ phase }) => phase === 'bizdev')
    expect(bizdev?.stages).toEqual([['club-model', 'club-pricing', 'gtm', 'metrics']])
    expect(bizdev?.definition.guards.map(({ guard }) => guard)).toEqual(['schema', 'viability', 'grounding'])
    expect(plan.agents.map(({ agent }) => agent)).toEqual(
      expect.arrayContaining(['club-model', 'legal-reader']),
    )
    expect(plan.agents.map(({ agent }) => agent)).not.toContain('pricing')
    expect(plan.playbook.name).toBe('ropewalk.project')
    expect(plan.required_evidence).toContain('Memo.Legal')
  })

  test('in front of another phase leave that one’s file alone', () => {
    writeLegalPhase()
    const { playbook } = read()
    expect(playbook.phases.find(({ phase }) => phase === 'bizdev')?.needs).toEqual(['prd', 'legal'])
    expect(judge().files.replaced).toEqual([])
  })

  test('replace a prompt by a file of the same name', () => {
    const own = scene.read('agents/prd/nfrs.md').replace('You turn', 'You patiently turn')
    scene.write('agents/prd/nfrs.md', own)
    const { playbook } = read()
    expect(playbook.agents.find(({ agent }) => agent === 'nfrs')?.prompt).toContain('You patiently turn')
    expect(playbook.agents.filter(({ agent }) => agent === 'nfrs')).toHaveLength(1)
  })

  test('leave a phase out; what needed it then needs what it needed', () => {
    scene.write('phases/bizdev.yaml', 'phase: bizdev\nremove: true\n')
    // Nothing else of the shipped playbook but the beta's metrics rests on the business phase.
    const beta = (name: string) =>
      scene.write(
        `agents/beta/${name}.md`,
        scene.read(`agents/beta/${name}.md`).replace(/\bBusinessMetrics,\s*/u, ''),
      )
    for (const name of ['feedback', 'analytics', 'beta-fixer']) beta(name)
    const plan = planOf(read())
    expect(plan.phases.map(({ phase }) => phase)).not.toContain('bizdev')
    expect(plan.dependencies['architecture']).toEqual(['prd'])
  })

  test('that hold only comments change nothing', () => {
    const before = readPlaybook({ base: scene.base, project: null })
    for (const [name, text] of Object.entries(EXAMPLE)) scene.write(name, text)
    expect(read().hash).toBe(before.hash)
  })

  test('are told apart by a diff of phases and agents', () => {
    writeOverride()
    const { phases, agents } = diffPlaybooks(judgePlaybook({ base: scene.base, project: null }), judge())
    expect(phases.map(({ name, change }) => [name, change])).toEqual([
      ['bizdev', 'changed'],
      ['legal', 'added'],
    ])
    const keys = phases[0]?.changes.map(({ key, from, to }) => [
      key.split(' on ')[0],
      from !== null,
      to !== null,
    ])
    expect(keys).toEqual([
      ['needs', true, true],
      ['agents', true, true],
      ['rubrics.consistency.min', true, false],
      ['rubrics.consistency.weight', true, false],
      ['rubrics.consistency.waivable', true, false],
      ['rubrics.consistency.optional', true, false],
      ['guard cross-references', true, false],
    ])
    expect(agents.map(({ name, change }) => [name, change])).toEqual([
      ['club-model', 'added'],
      ['club-pricing', 'added'],
      ['legal-reader', 'added'],
    ])
  })
})

describe('the command playbook', () => {
  const run = (argv: readonly string[]) =>
    runInProcess(['playbook', ...argv], {
      env: { ROPEWALK_PLAYBOOK: scene.base, ROPEWALK_HOME: path.join(scene.project, 'home') },
      cwd: scene.project,
    })

  test('init makes an example that checks clean and changes nothing, and keeps what is there', async () => {
    const made = await run(['init', '--json'])
    expect(made.exit).toBe(0)
    expect(JSON.parse(made.stdout)).toMatchObject({ created: Object.keys(EXAMPLE), kept: [] })
    expect((await run(['check'])).exit).toBe(0)
    expect(JSON.parse((await run(['diff', '--json'])).stdout)).toMatchObject({
      phases: [],
      agents: [],
      faults: [],
    })
    const again = await run(['init', '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({ created: [], kept: Object.keys(EXAMPLE) })
  })

  test('check tells every fault and ends with 1', async () => {
    scene.write('.ropewalk/playbook/phases/bizdev.yaml', 'phase: bizdev\ntitle: x\n')
    const told = await run(['check'])
    expect(told.exit).toBe(1)
    const file = path.join(scene.project, '.ropewalk/playbook/phases/bizdev.yaml')
    const lines = told.stdout.trim().split('\n')
    expect(lines.length).toBeGreaterThan(3)
    for (const line of lines) expect(line).toMatch(new RegExp(`^${file}:\\d+:\\d+: \\S.* \\S`, 'u'))
    const { faults, ok } = JSON.parse((await run(['check', '--json'])).stdout) as {
      ok: boolean
      faults: Record<string, unknown>[]
    }
    expect(ok).toBe(false)
    expect(Object.keys(faults[0] ?? {}).toSorted()).toEqual(['column', 'fix', 'line', 'path', 'problem'])
  })

  test('check takes a whole playbook, a project, or a project’s playbook folder', async () => {
    scene.write('.ropewalk/playbook/phases/bizdev.yaml', 'phase: bizdev\n')
    expect((await run(['check', scene.base])).exit).toBe(0)
    expect((await run(['check', scene.project])).exit).toBe(1)
    expect((await run(['check', path.join(scene.project, '.ropewalk/playbook')])).exit).toBe(1)
    expect((await run(['check', path.join(scene.project, 'home')])).exit).toBe(64)
  })

  test('a plan follows the project it is made in, and a broken playbook keeps it from being made', async () => {
    scene.write(
      '.ropewalk/playbook/phases/bizdev.yaml',
      scene.read('phases/bizdev.yaml').replace('title: Business', 'title: Money'),
    )
    const plan = () =>
      runInProcess(['plan', 'an idea', '--json'], {
        env: { ROPEWALK_PLAYBOOK: scene.base, ROPEWALK_HOME: path.join(scene.project, 'home') },
        cwd: scene.project,
      })
    expect(JSON.parse((await plan()).stdout)).toMatchObject({ playbook: { name: 'ropewalk.project' } })
    scene.write('.ropewalk/playbook/phases/bizdev.yaml', 'phase: bizdev\n')
    const told = await plan()
    expect(told.exit).not.toBe(0)
    expect(told.stderr).toMatch(/bizdev\.yaml:1:1: .* more/su)
  })

  test('diff tells a person what was changed', async () => {
    scene.write(
      '.ropewalk/playbook/phases/bizdev.yaml',
      scene.read('phases/bizdev.yaml').replace('pass: 0.75', 'pass: 0.5'),
    )
    const told = await run(['diff'])
    expect(told.stdout).toContain('~ phase bizdev')
    expect(told.stdout).toContain('gate.pass: 0.75 → 0.5')
  })
})

describe('a server that was started elsewhere', () => {
  const check = (playbook: { name: string; hash: string }) =>
    checkServerPlaybook({ playbook: scene.base, cwd: scene.project }, { playbook })
  const shipped = () => readPlaybook({ base: scene.base, project: null })

  test('is used where neither it nor this folder has a playbook of its own', async () => {
    await expect(check({ name: 'ropewalk', hash: 'of a newer release' })).resolves.toBeUndefined()
  })

  test('is refused where this folder has a playbook that it does not know', async () => {
    const { playbook, hash } = shipped()
    scene.write(
      '.ropewalk/playbook/phases/bizdev.yaml',
      scene.read('phases/bizdev.yaml').replace('0.75', '0.5'),
    )
    await expect(check({ name: playbook.name, hash })).rejects.toThrowError(
      /another playbook than this folder has/u,
    )
    const own = readPlaybook({ base: scene.base, project: path.join(scene.project, '.ropewalk/playbook') })
    await expect(check({ name: own.playbook.name, hash: own.hash })).resolves.toBeUndefined()
  })

  test('is refused where it has one and this folder has not', async () => {
    await expect(
      check({ name: 'ropewalk.project', hash: shipped().hash.replace(/^./u, 'x') }),
    ).rejects.toThrowError(/started in a project with a playbook of its own/u)
  })
})
