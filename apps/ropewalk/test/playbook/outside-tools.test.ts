import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { judgePlaybook } from '../../src/engine/playbook/read-playbook.ts'
import { makeScene, type Scene } from './support.ts'

let scene: Scene
beforeEach(() => {
  scene = makeScene()
})
afterEach(() => scene.remove())

const judge = () => judgePlaybook({ base: scene.base, project: scene.project })

describe('tools of outside servers', () => {
  const allow = (agent: string, phase: string) => {
    scene.change(
      'phases/prd.yaml',
      'allowlisted_tools: [artifact.read]',
      `allowlisted_tools: [artifact.read, "${phase}"]`,
    )
    scene.change('agents/prd/prd-writer.md', /^tools: .*$/mu, `tools: ["${agent}"]`)
    return judge().faults.map(({ problem }) => problem)
  }

  test.each([
    ['mcp:tickets/search', 'mcp:tickets/search'],
    ['mcp:tickets/search.by/name', 'mcp:tickets/*'],
    ['mcp:tickets/*', 'mcp:tickets/*'],
  ])('an agent may name %s where its phase allows %s', (agent, phase) => {
    expect(allow(agent, phase)).toEqual([])
  })

  test.each([
    [
      'mcp:tickets/*',
      'mcp:tickets/search',
      /wants the tool mcp:tickets\/\*, which its phase prd does not allow/u,
    ],
    ['mcp:mail/send', 'mcp:tickets/*', /wants the tool mcp:mail\/send/u],
    ['mcp:Tickets/search', 'mcp:tickets/*', /expected a tool such as repo\.read, mcp:SERVER\/TOOL/u],
    ['mcp:tickets', 'mcp:tickets/*', /expected a tool such as/u],
  ])('it may not name %s where its phase allows %s', (agent, phase, problem) => {
    expect(allow(agent, phase)).toEqual([expect.stringMatching(problem)])
  })

  test('are not for a project’s own files, neither those of agents nor those of phases', () => {
    scene.write(
      'agents/prd/prd-writer.md',
      '---\nagent: prd-writer\nphase: prd\nkind: model\ncapability: model\ninputs: [IdeaSpec]\noutput: PRD\ntools: ["mcp:tickets/search"]\n---\nx\n',
    )
    scene.write(
      'phases/prd.yaml',
      scene
        .read('phases/prd.yaml')
        .replace('allowlisted_tools: [artifact.read]', 'allowlisted_tools:\n  - mcp:tickets/*'),
    )
    const told = judge().faults.map(({ path, line, problem }) => `${path}:${line}: ${problem}`)
    expect(told).toHaveLength(2)
    for (const [index, pattern] of [
      /agents\/prd\/prd-writer\.md:8: a project's own playbook may not use tools .*\(mcp:tickets\/search\)/u,
      /phases\/prd\.yaml:\d+: a project's own playbook may not use tools .*\(mcp:tickets\/\*\)/u,
    ].entries())
      expect(told[index]).toMatch(pattern)
  })
})
