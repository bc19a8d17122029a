import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { judgePlaybook } from '../../src/engine/playbook/read-playbook.ts'
import { makeScene, type Scene } from './support.ts'

let scene: Scene
beforeEach(() => {
  scene = makeScene()
})
afterEach(() => scene.remove())

type Broken = {
  readonly file: string
  /** What is changed in that file of the whole playbook. */
  readonly from: string | RegExp
  readonly to: string
  /** Text of the line that must be told. */
  readonly line: string
  readonly problem: RegExp
  readonly fix: RegExp
}

const PHASES: Readonly<Record<string, Broken>> = {
  'a value that is none of the list': {
    file: 'phases/prd.yaml',
    from: 'parallelism: sequential',
    to: 'parallelism: sequentiall',
    line: 'parallelism:',
    problem:
      /parallelism is "sequentiall"; expected one of sequential, parallel, partial, iterative, or a number/u,
    fix: /Write one of what is expected|Did you mean sequential/u,
  },
  'a key that is misspelt': {
    file: 'phases/prd.yaml',
    from: 'title: Product',
    to: 'titel: Product',
    line: 'titel:',
    problem: /unknown key titel/u,
    fix: /Did you mean title\?/u,
  },
  'a key inside a rubric': {
    file: 'phases/prd.yaml',
    from: 'coverage: { min: 1, weight: 0.2 }',
    to: 'coverage: { min: 1, wieght: 0.2 }',
    line: 'coverage: {',
    problem: /rubrics\.coverage has the unknown key wieght/u,
    fix: /Did you mean weight\?/u,
  },
  'a bracket that is never closed': {
    file: 'phases/prd.yaml',
    from: 'needs: [critique]',
    to: 'needs: [critique',
    line: 'parallelism:',
    problem: /this is not YAML/u,
    fix: /Mend the YAML/u,
  },
  'a key that is there twice': {
    file: 'phases/prd.yaml',
    from: 'parallelism: sequential',
    to: 'parallelism: sequential\nparallelism: partial',
    line: 'parallelism: partial',
    problem: /not YAML.*unique/u,
    fix: /Keep one/u,
  },
  'an alias': {
    file: 'phases/prd.yaml',
    from: 'timebox: PT45M',
    to: 'timebox: &time PT45M\ncompensation: [*time]',
    line: 'compensation:',
    problem: /the alias \*time stands for text elsewhere/u,
    fix: /Write the value out/u,
  },
  'a phase that nobody defines': {
    file: 'phases/prd.yaml',
    from: 'needs: [critique]',
    to: 'needs: [critiqe]',
    line: 'needs:',
    problem: /needs names the phase critiqe/u,
    fix: /Did you mean critique\?/u,
  },
  'a phase that waits for itself': {
    file: 'phases/prd.yaml',
    from: 'needs: [critique]',
    to: 'needs: [critique, prd]',
    line: 'needs:',
    problem: /cannot wait for itself/u,
    fix: /Remove it/u,
  },
  'phases that wait for each other': {
    file: 'phases/intake.yaml',
    from: 'needs: []',
    to: 'needs: [prd]',
    line: 'needs:',
    problem: /these phases wait for each other: .*intake needs prd/u,
    fix: /Remove one of these needs/u,
  },
  'an agent that nobody defines': {
    file: 'phases/prd.yaml',
    from: 'prd-writer, nfrs',
    to: 'prd-writter, nfrs',
    line: 'agents:',
    problem: /agents names the agent prd-writter/u,
    fix: /Did you mean prd-writer\?/u,
  },
  'an agent of another phase': {
    file: 'phases/prd.yaml',
    from: 'prd-writer, nfrs',
    to: 'prd-writer, strategy, nfrs',
    line: 'agents:',
    problem: /strategy belongs to the phase ideation/u,
    fix: /agents\/prd\//u,
  },
  'an agent that is named twice': {
    file: 'phases/prd.yaml',
    from: 'prd-writer, nfrs',
    to: 'prd-writer, nfrs, nfrs',
    line: 'agents:',
    problem: /names nfrs twice/u,
    fix: /Remove one/u,
  },
  'a fix agent that nobody defines': {
    file: 'phases/prd.yaml',
    from: 'fix_agent: prd-fixer',
    to: 'fix_agent: prd-mixer',
    line: 'fix_agent:',
    problem: /fix_agent names the agent prd-mixer/u,
    fix: /Did you mean prd-fixer\?/u,
  },
  'a reviewer that nobody defines': {
    file: 'phases/prd.yaml',
    from: 'agent: prd-reviewer',
    to: 'agent: nobody-at-all',
    line: 'gate:',
    problem: /gate names the agent nobody-at-all/u,
    fix: /Write agents\/prd\/nobody-at-all\.md/u,
  },
  'a reviewer that is the author': {
    file: 'phases/prd.yaml',
    from: 'agent: prd-reviewer',
    to: 'agent: prd-writer',
    line: 'gate:',
    problem: /the reviewer prd-writer also works in the phase prd/u,
    fix: /Name an agent that does nothing else here/u,
  },
  'a reviewer that mends what it judges': {
    file: 'phases/prd.yaml',
    from: 'agent: prd-reviewer',
    to: 'agent: prd-fixer',
    line: 'gate:',
    problem: /the reviewer prd-fixer also works/u,
    fix: /Name an agent/u,
  },
  'a reviewer that writes no review': {
    file: 'agents/prd/prd-reviewer.md',
    from: 'output: PrdReview',
    to: 'output: Memo.Opinion',
    line: 'output: Memo.Opinion',
    problem: /the reviewer prd-reviewer hands in Memo\.Opinion, which is no review/u,
    fix: /PrdReview/u,
  },
  'a guard that does not exist': {
    file: 'phases/prd.yaml',
    from: 'guard: grounding',
    to: 'guard: groundig',
    line: 'guard: groundig',
    problem: /there is no guard groundig/u,
    fix: /Did you mean grounding\?/u,
  },
  'a setting that the guard does not know': {
    file: 'phases/prd.yaml',
    from: 'max_contradictions: 0',
    to: 'max_contradiction: 0',
    line: 'max_contradiction: 0',
    problem: /the guard contradictions does not take these settings/u,
    fix: /Change or remove that setting/u,
  },
  'a weight for a rule of ambiguity that is none': {
    file: 'phases/intake.yaml',
    from: 'settings: { min: 0.9 }',
    to: 'settings: { min: 0.9, weights: { vague-terms: 0.1 } }',
    line: 'weights:',
    problem: /the guard clarity does not take these settings: weights/u,
    fix: /Change or remove that setting/u,
  },
  'a guard that feeds no rubric': {
    file: 'phases/prd.yaml',
    from: 'rubric: clarity',
    to: 'rubric: clarty',
    line: 'rubric: clarty',
    problem: /feeds the rubric clarty, which rubrics does not define/u,
    fix: /Did you mean clarity\?/u,
  },
  'a rubric that no guard feeds': {
    file: 'phases/prd.yaml',
    from: 'rubrics:\n',
    to: 'rubrics:\n  beauty: { min: 1, weight: 0.1 }\n',
    line: 'beauty:',
    problem: /no guard feeds the rubric beauty/u,
    fix: /Add a guard with this rubric/u,
  },
  'a guard that judges what nobody makes': {
    file: 'phases/prd.yaml',
    from: 'artifacts: [UserStories]',
    to: 'artifacts: [UserStorys]',
    line: 'artifacts: [UserStorys]',
    problem: /judges UserStorys, but no agent of the playbook makes UserStorys/u,
    fix: /Did you mean UserStories\?/u,
  },
  'a required artifact that the phase does not make': {
    file: 'phases/prd.yaml',
    from: 'required_artifacts: [PRD,',
    to: 'required_artifacts: [IdeaSpec, PRD,',
    line: 'required_artifacts:',
    problem: /IdeaSpec is required of the phase prd, and none of its agents makes it/u,
    fix: /they make PRD/u,
  },
  'a duration in words': {
    file: 'phases/prd.yaml',
    from: 'timebox: PT45M',
    to: 'timebox: 45 minutes',
    line: 'timebox:',
    problem: /timebox is "45 minutes": expected an ISO 8601 duration such as PT1H30M/u,
    fix: /Write what is expected/u,
  },
  'a pass mark in percent': {
    file: 'phases/prd.yaml',
    from: 'pass: 0.8,',
    to: 'pass: 80,',
    line: 'gate:',
    problem: /gate\.pass is 80: too big: expected number to be <=1/u,
    fix: /Write what is expected/u,
  },
  'a budget without tokens': {
    file: 'phases/prd.yaml',
    from: /tokens: \d+, /u,
    to: '',
    line: 'budgets:',
    problem: /budgets\.tokens is missing; expected a number from 0/u,
    fix: /Add tokens/u,
  },
  'a phase without a gate': {
    file: 'phases/bizdev.yaml',
    from: /^gate: .*$/mu,
    to: '',
    line: 'phase: bizdev',
    problem: /gate is missing/u,
    fix: /Add gate/u,
  },
  'a tool that there is not': {
    file: 'phases/prd.yaml',
    from: 'allowlisted_tools: [artifact.read]',
    to: 'allowlisted_tools: [artifact.raed]',
    line: 'allowlisted_tools:',
    problem: /there is no tool artifact\.raed/u,
    fix: /Did you mean artifact\.read\?/u,
  },
  'a waiver of what may not be waived': {
    file: 'phases/build.yaml',
    from: 'gate: {',
    to: 'waivers: { declared: [{ rubric: tests, owner: x, justification: x, compensating_control: x, days: 3 }] }\ngate: {',
    line: 'waivers:',
    problem: /rubric tests has waivable: false/u,
    fix: /Remove the waiver/u,
  },
  'a waiver of a rubric that there is not': {
    file: 'phases/prd.yaml',
    from: 'gate: {',
    to: 'waivers: { declared: [{ rubric: clarify, owner: x, justification: x, compensating_control: x, days: 3 }] }\ngate: {',
    line: 'waivers:',
    problem: /waiver is for the rubric clarify/u,
    fix: /Did you mean clarity\?/u,
  },
  'a file that is named otherwise than its phase': {
    file: 'phases/beta.yaml',
    from: 'phase: beta',
    to: 'phase: gamma',
    line: 'phase: gamma',
    problem: /the file defines the phase gamma; expected beta/u,
    fix: /Rename the file to gamma\.yaml/u,
  },
}

const AGENTS: Readonly<Record<string, Broken>> = {
  'a kind that there is not': {
    file: 'agents/prd/nfrs.md',
    from: 'kind: model',
    to: 'kind: modell',
    line: 'kind:',
    problem: /kind is "modell"; expected one of model, coder, tool, external/u,
    fix: /Did you mean model\?/u,
  },
  'a capability that is another’s': {
    file: 'agents/prd/nfrs.md',
    from: 'capability: model',
    to: 'capability: coder',
    line: 'capability:',
    problem: /an agent of kind model must have the capability model, not coder/u,
    fix: /Write capability: model/u,
  },
  'an agent outside with a capability of ours': {
    file: 'agents/prd/nfrs.md',
    from: 'kind: model',
    to: 'kind: external',
    line: 'capability:',
    problem: /capability model is kept for our own worker/u,
    fix: /Name one that your agent claims with/u,
  },
  'a tool agent without a program': {
    file: 'agents/prd/nfrs.md',
    from: 'kind: model\ncapability: model',
    to: 'kind: tool\ncapability: tool',
    line: 'agent: nfrs',
    problem: /no program stands behind the tool nfrs/u,
    fix: /Make it an agent of kind model/u,
  },
  'an output without a contract': {
    file: 'agents/bizdev/gtm.md',
    from: 'output: GTMStrategy',
    to: 'output: GTMStrateg',
    line: 'output:',
    problem: /no contract says what the document GTMStrateg is/u,
    fix: /Did you mean GTMStrategy\?/u,
  },
  'an input that nobody makes': {
    file: 'agents/prd/nfrs.md',
    from: 'inputs: [PRD, IdeaSpec]',
    to: 'inputs: [PRD, IdeaSpek]',
    line: 'inputs:',
    problem: /the agent nfrs of the phase prd reads IdeaSpek, but no agent of the playbook makes IdeaSpek/u,
    fix: /Did you mean IdeaSpec\?/u,
  },
  'an input that is made later': {
    file: 'agents/intake/requirements.md',
    from: 'inputs: [Idea,',
    to: 'inputs: [PRD, Idea,',
    line: 'inputs:',
    problem: /PRD is made in the phase prd, which does not come before intake/u,
    fix: /put prd among what intake needs/u,
  },
  'agents that wait for each other': {
    file: 'agents/architecture/data-model.md',
    from: 'inputs: [PRD, UserStories',
    to: 'inputs: [PRD, UserStories, OpenAPI',
    line: 'inputs:',
    problem: /wait for each other's output: .*data-model/u,
    fix: /Change what it names/u,
  },
  'a tool that the phase does not allow': {
    file: 'agents/prd/nfrs.md',
    from: 'tools: []',
    to: 'tools: [repo.run]',
    line: 'tools:',
    problem: /wants the tool repo\.run, which its phase prd does not allow/u,
    fix: /allowlisted_tools of phases\/prd\.yaml/u,
  },
  'a temperature that no model has': {
    file: 'agents/prd/nfrs.md',
    from: /temperature: [\d.]+/u,
    to: 'temperature: 3',
    line: 'model:',
    problem: /model\.temperature is 3: too big/u,
    fix: /Write what is expected/u,
  },
  'no front matter': {
    file: 'agents/prd/nfrs.md',
    from: '---\nagent',
    to: 'agent',
    line: 'agent: nfrs',
    problem: /expected front matter between two lines of ---/u,
    fix: /Put --- on the first line/u,
  },
  'no prompt': {
    file: 'agents/prd/nfrs.md',
    from: /\n---\n[\s\S]*$/u,
    to: '\n---\n',
    line: '---',
    problem: /expected a prompt after the front matter, found nothing/u,
    fix: /what the agent is to do/u,
  },
  'a name otherwise than the file’s': {
    file: 'agents/prd/nfrs.md',
    from: 'agent: nfrs',
    to: 'agent: quality-writer',
    line: 'agent: quality-writer',
    problem: /defines the agent quality-writer; expected nfrs/u,
    fix: /Rename the file to quality-writer\.md/u,
  },
  'a folder otherwise than the phase': {
    file: 'agents/prd/nfrs.md',
    from: 'phase: prd',
    to: 'phase: beta',
    line: 'phase: beta',
    problem: /belongs to the phase beta, and its file lies in agents\/prd\//u,
    fix: /Move it to agents\/beta\//u,
  },
}

const judge = () => judgePlaybook({ base: scene.base, project: scene.project })

describe.each(Object.entries({ ...PHASES, ...AGENTS }))('%s', (_title, broken) => {
  test('is told with path, line, column, what was expected, and the fix', () => {
    scene.change(broken.file, broken.from, broken.to)
    const { faults, pinned } = judge()
    expect(pinned).toBeNull()
    const told =
      faults.find(({ path: file, problem }) => file.endsWith(broken.file) && broken.problem.test(problem)) ??
      faults.find(({ problem }) => broken.problem.test(problem))
    expect(told, faults.map(({ problem }) => problem).join('\n')).toBeDefined()
    expect(told?.path).toBe(path.join(scene.base, broken.file))
    const lines = readFileSync(path.join(scene.base, broken.file), 'utf8').split('\n')
    const found = [(told?.line ?? 0) - 1, (told?.line ?? 0) - 2].map((index) => lines[index] ?? '')
    expect(found.join('\n')).toContain(broken.line)
    expect(told?.column).toBeGreaterThanOrEqual(1)
    expect(told?.fix).toMatch(broken.fix)
  })
})

const LEGAL = {
  'agents/legal/legal-reader.md':
    '---\nagent: legal-reader\nphase: legal\nkind: model\ncapability: model\ninputs: [PRD]\noutput: Memo.Legal\n---\nRead.\n',
}

const PROJECTS: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  [
    'an agent that a second file defines',
    {
      'agents/bizdev/prd-writer.md':
        '---\nagent: prd-writer\nphase: bizdev\nkind: model\ncapability: model\noutput: PRD\n---\nx\n',
    },
    /bizdev\/prd-writer\.md:2:8: two files define the agent prd-writer: .* To replace that one, move this file to agents\/prd\/prd-writer\.md/u,
  ],
  ['an agent that no phase names', LEGAL, /legal-reader\.md:2:8: no phase names the agent legal-reader/u],
  [
    'a file with another ending',
    { 'phases/legal.yml': 'phase: legal\n' },
    /legal\.yml:1:1: .* expected phases\/PHASE\.yaml/u,
  ],
  [
    'a folder that is misspelt',
    { 'phase/legal.yaml': 'phase: legal\n' },
    /nothing reads the folder phase; .* Did you mean phases\/\?/u,
  ],
  ['prices', { 'prices.yaml': '[]\n' }, /prices\.yaml:1:1: .* a project may not set them/u],
  [
    'secrets',
    {
      'agents/prd/nfrs.md':
        '---\nagent: nfrs\nphase: prd\nkind: model\ncapability: model\ninputs: [PRD]\noutput: NFRs\nsecrets: [KEY]\n---\nx\n',
    },
    /nfrs\.md:8:10: a project's own playbook may not be given secrets \(KEY\)/u,
  ],
  [
    'a removal of what is not there',
    { 'phases/bizdevv.yaml': 'phase: bizdevv\nremove: true\n' },
    /bizdevv\.yaml:2:1: there is no phase bizdevv to remove\. (?:Did you mean|Delete)/u,
  ],
  [
    'a removal with more than a name',
    { 'phases/bizdev.yaml': 'phase: bizdev\nremove: true\ntitle: x\n' },
    /bizdev\.yaml:3:1: the file has the unknown key title/u,
  ],
]

test.each(PROJECTS)('in a project, %s is told', (_title, files, told) => {
  for (const [file, text] of Object.entries(files)) scene.write(file, text)
  const { faults } = judge()
  expect(
    faults
      .map(({ path: file, line, column, problem, fix }) => `${file}:${line}:${column}: ${problem} ${fix}`)
      .join('\n'),
  ).toMatch(told)
})

test('a fault in a file that came with the program says where its changed copy goes', () => {
  scene.write('phases/ideation.yaml', 'phase: ideation\nremove: true\n')
  const told = judge().faults.find(({ path: file }) => file.startsWith(scene.base))
  expect(told?.fix).toContain(`A changed copy of it belongs at ${scene.project}/`)
})

test('every fault of several files is told at once, in the order of files and lines', () => {
  scene.change('phases/prd.yaml', 'timebox: PT45M', 'timebox: soon')
  scene.change('phases/prd.yaml', 'title: Product', 'titel: Product')
  scene.change('agents/prd/nfrs.md', 'kind: model', 'kind: magic')
  const faults = judge().faults
  expect(faults.length).toBeGreaterThanOrEqual(3)
  const places = faults.map(({ path: file, line }) => `${file}:${String(line).padStart(4, '0')}`)
  expect(places).toEqual(places.toSorted((a, b) => a.localeCompare(b, 'en')))
})
